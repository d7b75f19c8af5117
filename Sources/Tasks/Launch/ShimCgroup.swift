internal import Glibc
internal import Kernel
internal import Model

/// The cgroup that a client's options ask a shim to be put into, on hosts of both versions. See cgroups(7).
struct ShimCgroup {
    private static let mount = "/sys/fs/cgroup"

    /// As the client wrote it: a path below every hierarchy.
    let path: String

    func add(_ pid: Int32) throws(Failure) {
        guard path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
            throw .invalid("shim cgroup \"\(path)\": expected an absolute path without \"..\"")
        }
        do {
            for hierarchy in Self.hierarchies() {
                let directory = hierarchy + path
                try TaskBundle.makeDirectories(directory)
                try SmallFile.write("\(pid)", to: directory + "/cgroup.procs")
            }
        } catch {
            throw Failure(.internal, "shim cgroup \"\(path)\": process \(pid) cannot be added", cause: error)
        }
    }

    /// The one of version 2, or each of version 1 that resources are counted in.
    private static func hierarchies() -> [String] {
        if access(mount + "/cgroup.controllers", F_OK) == 0 { return [mount] }
        return ["cpu", "cpuacct", "memory", "pids", "blkio"].map { mount + "/" + $0 }.filter { access($0, F_OK) == 0 }
    }
}
