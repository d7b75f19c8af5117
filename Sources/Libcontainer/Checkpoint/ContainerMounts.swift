internal import Cgroups
internal import Kernel
internal import RuntimeSpec

/// Which mounts of a container come from outside of it, so that its images name them only, and what they are named.
///
/// A bind mount's name is its destination as the configuration has it, so that a restore, by the same configuration,
/// finds its source.
struct ContainerMounts {
    let spec: Spec
    let bundle: String
    /// The container's cgroups, by controller, where version 1 is bound below /sys/fs/cgroup.
    let cgroups: [String: String]
    let layout: CgroupLayout

    static let maskedFile = "berth-masked-file"
    static let maskedDirectory = "berth-masked-directory"

    private var linux: Linux { spec.linux ?? Linux() }

    /// For a checkpoint: the place in the container, as its kernel sees it, and the name.
    func forCheckpoint(of pid: Int32) throws(ContainerError) -> [(key: String, value: String)] {
        let points = try Self.mountPoints(of: pid)
        var mounts: [(key: String, value: String)] = []
        for (destination, _) in try binds() {
            mounts.append((Self.place(of: destination, in: pid), destination))
        }
        for path in linux.maskedPaths {
            // What covers a path is a part of a file system that is not in the container.
            guard let root = points[path], root != "/" else { continue }
            mounts.append((path, root == "/directory" ? Self.maskedDirectory : Self.maskedFile))
        }
        return mounts
    }

    /// For a restore: the name and the place on the host.
    func forRestore(emptyDirectory: String) throws(ContainerError) -> [(key: String, value: String)] {
        var mounts: [(key: String, value: String)] = try binds().map { ($0.destination, $0.source) }
        if !linux.maskedPaths.isEmpty {
            mounts += [(Self.maskedFile, "/dev/null"), (Self.maskedDirectory, emptyDirectory)]
        }
        return mounts
    }

    private func binds() throws(ContainerError) -> [(destination: String, source: String)] {
        var binds: [(destination: String, source: String)] = []
        for (index, mount) in spec.mounts.enumerated() {
            let plan = try MountPlan(
                mount, bundle: bundle, mapsContainer: linux.has(.user), field: "mounts[\(index)]")
            switch plan.kind {
            case .bind(let source, _): binds.append((plan.destination, source))
            case .cgroup where !linux.has(.cgroup): binds += cgroupBinds(plan.destination)
            case .cgroup, .filesystem, .remount: continue
            }
        }
        guard linux.has(.user) else { return binds }
        // Device nodes that could not be made are the host's.
        let defaults = ["null", "zero", "full", "random", "urandom", "tty"].map { "/dev/" + $0 }
        for path in Set(defaults + linux.devices.map { RootDirectory.clean($0.path) }).sorted() {
            binds.append((path, path))
        }
        return binds
    }

    /// Version 1 without a namespace shows each hierarchy by a bind mount.
    private func cgroupBinds(_ destination: String) -> [(destination: String, source: String)] {
        var binds: [String: String] = [:]
        for hierarchy in layout.hierarchies {
            guard let path = hierarchy.controllers.lazy.compactMap({ cgroups[$0] }).first else { continue }
            let name = hierarchy.mountPoint.split(separator: "/").last ?? ""
            binds["\(destination)/\(name)"] = path
        }
        return binds.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Where a destination leads in the container, whose symbolic links are followed.
    private static func place(of destination: String, in pid: Int32) -> String {
        do throws(SystemCallError) {
            let root = RootDirectory(try FileDescriptor.open("/proc/\(pid)/root", [.pathOnly, .directory]))
            let file = try root.open(destination)
            let place = try readSymbolicLink("/proc/self/fd/\(file.rawValue)", in: workingDirectory)
            return place.hasPrefix("/") ? place : destination
        } catch {
            return destination
        }
    }

    /// What is mounted where, by mount point: the part of its file system. The last of several on one place counts.
    static func mountPoints(of pid: Int32) throws(ContainerError) -> [String: String] {
        var points: [String: String] = [:]
        for fields in try table(of: pid) where fields.count > 5 { points[String(fields[4])] = String(fields[3]) }
        return points
    }

    /// The IDs of a process's mounts.
    static func mountIDs(of pid: Int32) throws(ContainerError) -> Set<Substring> {
        Set(try table(of: pid).compactMap(\.first))
    }

    /// See proc_pid_mountinfo(5).
    private static func table(of pid: Int32) throws(ContainerError) -> [[Substring]] {
        do {
            let text = try SmallFile.text("/proc/\(pid)/mountinfo", limit: 64 << 20)
            return text.split(separator: "\n").map { $0.split(separator: " ") }
        } catch {
            throw ContainerError("read mounts", error)
        }
    }
}
