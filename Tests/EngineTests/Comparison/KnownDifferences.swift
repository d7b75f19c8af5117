/// Where the runtimes see different things, and why that is right.
enum KnownDifferences {
    struct Entry: Sendable {
        let peers: Set<ComparedRuntime>
        /// The beginnings of the names of what differs.
        let names: [String]
        /// The cases that it concerns; nil for all.
        let cases: Set<String>?
        /// What else must hold of ours and theirs.
        let holds: @Sendable (_ ours: String, _ theirs: String) -> Bool
        let reason: String

        init(
            _ peers: Set<ComparedRuntime>, _ names: [String], in cases: Set<String>? = nil, because reason: String,
            where holds: @escaping @Sendable (_ ours: String, _ theirs: String) -> Bool = { _, _ in true }
        ) {
            self.peers = peers
            self.names = names
            self.cases = cases
            self.reason = reason
            self.holds = holds
        }

        func explains(_ difference: Comparison.Difference) -> Bool {
            peers.contains(difference.peer) && cases?.contains(difference.place) ?? true
                && names.contains { difference.property.hasPrefix($0) }
                && holds(difference.ours ?? "nothing", difference.theirs ?? "nothing")
        }
    }

    static func explain(_ difference: Comparison.Difference) -> Bool {
        all.contains { $0.explains(difference) }
    }

    private static let all = cgroups + streams + filesystems + fields + others

    private static let cgroups = [
        Entry(
            [.crun], ["cgroup", "file /sys/fs/cgroup", "mount /sys/fs/cgroup", "mount /volume/fs/cgroup"],
            because: "crun 1.8 runs without cgroups and sees those of version 2 (see ComparedRuntime)"),
        Entry(
            [.runc], ["mount /sys/fs/cgroup/unified"],
            because: "on a host with both versions we show the cgroup of version 2, too, as the host does"),
        Entry(
            [.runc], ["mount /sys/fs/cgroup"],
            because: "runc 1.1 leaves the directory of the hierarchies writable where the mount is to be read-only"
        ) { ours, theirs in likeShared(theirs.replacing(",rw ", with: ",ro ")) == likeShared(ours) },
        Entry(
            [.runc], ["file /sys/fs/cgroup/devices/devices.list"],
            because: "runc allowed /dev/net/tun to every container until 1.2; no specification asks for it"
        ) { ours, theirs in theirs.replacing("c 10:200 rwm, ", with: "") == ours },
    ]

    /// A mount without the propagation, which is a difference of its own.
    private static func likeShared(_ mount: String) -> String { mount.replacing(" private ", with: " shared ") }

    private static let streams = [
        Entry(
            [.runc], ["descriptor 0", "descriptor 1", "descriptor 2"],
            because: "runc's foreground relays through pipes; we hand over our own descriptors, as crun does"
        ) { _, theirs in theirs == "pipe" },
        Entry(
            [.crun], ["session leader"],
            because: "crun 1.8 makes no session for a later process without a terminal: it could steal one"
        ) { ours, _ in ours == "true" },
    ]

    private static let filesystems = [
        Entry(
            [.runc], ["mount /sys"],
            because: "runc gives the file system itself the flag; the mount has it in either case"
        ) { ours, theirs in theirs.hasSuffix(" ro") && likeShared(theirs).dropLast(2) == likeShared(ours).dropLast(2) },
        Entry(
            [.crun], ["node core"], because: "crun links /dev/core to /proc/kcore; the specification does not list it"),
        Entry(
            [.runc, .crun], maskedPlaces.map { "mount " + $0 } + maskedPlaces.map { "file " + $0 },
            because: "what covers a masked path is our own empty file or directory, which is never writable"
        ) { ours, theirs in
            ours.contains(" of /null ") && theirs.contains(" of /null ")
                || ours.contains("directory 555 ") && theirs.contains("directory 1777 ")
                || ours.hasPrefix("tmpfs of ") && theirs.hasPrefix("tmpfs of /")
        },
        Entry(
            [.runc], ["mount "],
            because:
                "the mode of the directory that a tmpfs covers is an option of the mount here; runc changes it later"
        ) { ours, theirs in withoutMode(ours) == theirs },
        Entry(
            [.crun], ["mount ", "file ", "node shm"],
            because: "with crun a tmpfs without a mode is open to all, whatever the directory that it covers is"
        ) { ours, theirs in
            withoutMode(ours) == theirs
                || theirs.hasPrefix("directory 1777 ") && ours.hasPrefix("directory 7")
        },
        Entry(
            [.runc], ["file /tmp"], in: ["tmpfs with options"],
            because: "runc 1.1 gives a tmpfs the mode of the directory that it covers, even where the options have one"),
        Entry(
            [.runc], ["mount "],
            because: "runc 1.1 makes the root file system private again where rootfsPropagation asks for shared"
        ) { ours, theirs in likeShared(theirs) == ours },
        Entry(
            [.crun], ["mount /volume"],
            because: "crun 1.8 makes a mount that is to be shared private again where it has flags"
        ) { ours, theirs in likeShared(theirs) == ours },
        Entry(
            [.crun], ["mount /dev/console"],
            because: "crun binds the terminal without the flags of the file system that it is on; runc keeps them"
        ) { ours, theirs in ours.replacing("noexec,nosuid,", with: "") == theirs },
        Entry(
            [.crun], ["mount /dev/fuse", "node fuse"], in: ["a user namespace with devices, binds and masks"],
            because: "crun 1.8 binds a node of its own over the file; as with runc, it is the host's here"),
        Entry(
            [.crun], ["file /new"], because: "crun makes the parents of a mount's place with the sticky bit"
        ) { ours, theirs in theirs.replacing("directory 1755 ", with: "directory 755 ") == ours },
        Entry(
            [.crun], ["mount /dev/"],
            because: "crun adds nosuid and noexec to the host's nodes that it binds in a user namespace; runc does not"
        ) { ours, theirs in theirs.replacing("noexec,nosuid,", with: "") == ours },
        Entry(
            [.runc], ["node mqueue"],
            because: "with runc the group of a user namespace's message queues is the host's: it changes the user only"
        ) { _, theirs in theirs.hasSuffix(" 0:65534") },
    ]

    private static let maskedPlaces = [
        "/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
        "/secret",
        "/etc/name",
    ]

    private static func withoutMode(_ mount: String) -> String {
        mount.split(separator: ",").filter { !$0.contains("mode=") || $0.contains(" ") }.joined(separator: ",")
            .replacing(#/with mode=\d+$/#, with: "with ")
            .replacing(#/with mode=\d+,?/#, with: "with ")
    }

    private static let fields = [
        Entry([.runc], ["domainname"], because: "runc 1.1 does not know the field"),
        Entry([.runc], ["personality"], because: "runc 1.1 does not know the field"),
        Entry([.runc, .crun], ["scheduling"], because: "runc 1.1 and crun 1.8 do not know the field"),
        Entry([.runc, .crun], ["io priority"], because: "runc 1.1 and crun 1.8 do not know the field"),
        Entry(
            [.runc, .crun], ["outcome"], in: ["a time namespace"],
            because: "runc 1.1 does not know them, crun 1.8 fails to make one"
        ) { ours, _ in ours == "nothing" },
        Entry(
            [.runc], ["status Umask"], in: ["later processes"],
            because: "runc 1.1 leaves a later process's umask at 0022"
        ) { ours, _ in ours == "0077" },
        Entry(
            [.runc], ["oom score"], in: ["later processes", "later processes of a container with everything"],
            because: "runc gives later processes the score of the container; they have their own field"),
        Entry([.crun], ["oom score"], in: ["later processes"], because: "crun leaves a later process's field out"),
        Entry(
            [.runc], ["limit 7"], in: ["later processes"],
            because: "Go raises the soft limit on open files in runc, and the process inherits what it raised"),
    ]

    private static let others = [
        Entry(
            [.runc], ["outcome"],
            because: "runc 1.1 forbids the use of /dev/null where it stands among the devices without a rule of its own"
        ) { ours, theirs in ours == "nothing" && theirs.contains("error reopening /dev/null inside container") },
        Entry(
            [.runc, .crun], ["status SigIgn"],
            because:
                "posix_spawn(3) lets the runtime ignore the C library's own signals; we reset them for the container"
        ) { ours, _ in ours == "0000000000000000" },
        Entry([.crun], ["status Cpus_allowed_list"], because: "crun runs without cgroups (see ComparedRuntime)"),
        Entry(
            [.crun],
            ["hook prestart namespace mnt", "hook createRuntime namespace mnt", "hook poststart namespace mnt"]
                + ["hook poststop namespace mnt"],
            because: "crun itself is started in a mount namespace (see ComparedRuntime)"),
        Entry(
            [.crun], ["hook createContainer cwd", "hook createContainer environment"],
            because: "with crun this hook begins in the bundle, with runc, as here, in the root file system"),
        Entry(
            [.crun], ["hook prestart state", "hook createRuntime state", "hook createContainer state"],
            because: "the specification's status is \"creating\" then; crun says \"created\""
        ) { ours, theirs in ours.contains(" creating ") && theirs.contains(" created ") },
        Entry(
            [.crun], ["hook startContainer state"],
            because: "crun writes a status that the specification does not have"
        ) { _, theirs in theirs.contains("\"status\":\"starting\"") },
        Entry(
            [.runc], ["hook poststart state"],
            because: "runc 1.1's run calls them before the program runs"
        ) { ours, theirs in ours.replacing(" running ", with: " created ") == theirs },
    ]
}
