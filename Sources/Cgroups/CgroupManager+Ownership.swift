internal import Kernel

extension CgroupManager {
    /// Gives the container's cgroup of version 2 to a user of the host, the root of the container's user namespace, who
    /// then may make cgroups below it. Its limits stay out of his reach: only the files that the kernel names for that
    /// change hands. See cgroups(7), "Cgroups delegation", and /sys/kernel/cgroup/delegate.
    ///
    /// Nothing is given away on hosts with version 1, whose hierarchies cannot be delegated safely.
    package func give(toUser uid: UInt32) throws(CgroupError) {
        guard mode == .unified, let unified else { return }
        let listed = (try? SmallFile.text("/sys/kernel/cgroup/delegate")) ?? ""
        let names = listed.isEmpty ? Self.delegated : listed.split(separator: "\n").map(String.init)
        try unified.directory.give(names, toUser: uid)
    }

    /// What kernels before 4.15, which have no list, hand over.
    private static let delegated = ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"]
}

extension ControlDirectory {
    /// The directory itself, and those of the files that it has.
    func give(_ names: [String], toUser uid: UInt32) throws(CgroupError) {
        do throws(SystemCallError) {
            let directory = try FileDescriptor.open(path, [.pathOnly, .directory])
            try changeOwner(of: directory.rawValue, uid: uid, gid: nil)
            for name in names {
                do throws(SystemCallError) {
                    let file = try FileDescriptor.open(name, [.pathOnly, .noFollow], beneath: directory.rawValue)
                    try changeOwner(of: file.rawValue, uid: uid, gid: nil)
                } catch {
                    guard error.errno == .noSuchFile else { throw error }
                }
            }
        } catch {
            throw .system(error, field: nil)
        }
    }
}
