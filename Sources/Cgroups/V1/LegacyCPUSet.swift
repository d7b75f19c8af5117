internal import Kernel
internal import RuntimeSpec

/// The version 1 cpuset controller. See cpuset(7).
enum LegacyCPUSet {
    static func set(_ cpu: CPUResources, in directory: ControlDirectory) throws(CgroupError) {
        if let cpus = cpu.cpus { try directory.set("cpuset.cpus", cpus, field: "linux.resources.cpu.cpus") }
        if let mems = cpu.mems { try directory.set("cpuset.mems", mems, field: "linux.resources.cpu.mems") }
    }

    /// A new cpuset is empty, and no process can join it: takes over what the parent has, from the top down. Parents
    /// that were made here hand theirs on by themselves from then on.
    static func inherit(_ directory: ControlDirectory, below mountPoint: String) throws(CgroupError) {
        do {
            try inherit(directory, mountPoint: mountPoint, isLeaf: true)
        } catch {
            throw .system(error, field: nil)
        }
    }

    private static func inherit(
        _ directory: ControlDirectory, mountPoint: String, isLeaf: Bool
    ) throws(SystemCallError) {
        guard directory.path.utf8.count > mountPoint.utf8.count, let parent = directory.parent else { return }
        var empty: [String] = []
        for file in ["cpuset.cpus", "cpuset.mems"] {
            if try directory.text(file).utf8.count <= 1 { empty.append(file) }
        }
        if empty.isEmpty { return }
        try inherit(parent, mountPoint: mountPoint, isLeaf: false)
        for file in empty { try directory.write(file, try parent.text(file)) }
        if !isLeaf { try directory.write("cgroup.clone_children", "1") }
    }
}
