internal import Kernel
internal import RuntimeSpec

let featuresCommand = Command(
    name: "features", summary: "print what this runtime can do, as JSON", options: []
) { (_, _) throws(Failure) in
    var features = Features()
    features.ociVersionMin = "1.0.0"
    features.ociVersionMax = "1.2.1"
    features.mountOptions = [
        "async", "atime", "bind", "defaults", "dev", "diratime", "dirsync", "exec", "lazytime", "mand", "noatime",
        "nodev",
        "nodiratime", "noexec", "nosuid", "nosymfollow", "private", "ratime", "rbind", "rdev", "rdiratime", "relatime",
        "rexec",
        "rnoatime", "rnodev", "rnodiratime", "rnoexec", "rnosuid", "ro", "rprivate", "rro", "rrw", "rshared", "rslave",
        "rsuid",
        "runbindable", "rw", "shared", "slave", "strictatime", "suid", "sync", "tmpcopyup", "unbindable",
    ]
    var linux = LinuxFeatures()
    linux.namespaces = [.cgroup, .ipc, .mount, .network, .pid, .user, .uts]
    linux.capabilities = CapabilitySet.names
    features.linux = linux
    Output.print(String(decoding: JSONWriter.bytes(of: features, layout: .indented), as: UTF8.self) + "\n")
    return 0
}
