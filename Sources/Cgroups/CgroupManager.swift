/// The cgroups of one container, in every hierarchy of the host.
///
/// A value without descriptors: it names directories, so that any process can make it again from ``paths``. Life
/// cycle: `create`, `apply`, a process joins, ..., `remove`. A crash after `create` leaves empty directories, which
/// `remove` takes away and which `create` takes over. See cgroups(7).
package struct CgroupManager: Sendable, Equatable {
    package let mode: CgroupLayout.Mode

    /// Version 1, one for each hierarchy.
    let legacy: [LegacyCgroup]

    /// Version 2; in hybrid mode without controllers, for killing and for cloning into.
    let unified: UnifiedCgroup?

    /// Whose cgroups these are if systemd makes and removes them.
    package let unit: SystemdUnit?

    init(mode: CgroupLayout.Mode, legacy: [LegacyCgroup], unified: UnifiedCgroup?, unit: SystemdUnit? = nil) {
        self.mode = mode
        self.legacy = legacy
        self.unified = unified
        self.unit = unit
    }

    /// - Parameter path: `linux.cgroupsPath`. Absolute: below each mount point. Relative: below the caller's own cgroup
    ///   in version 1, beside it in version 2, whose cgroups with processes cannot have children. Nil:
    ///   `/berth/` and the container's ID.
    package init(path: String?, containerID: String, layout: CgroupLayout) throws(CgroupError) {
        let wanted = path ?? "/berth/\(containerID)"
        let parts = wanted.split(separator: "/").filter { $0 != "." }
        guard !parts.isEmpty, !parts.contains(".."), parts.allSatisfy({ $0.utf8.count <= 255 }) else {
            throw .invalid(
                field: "linux.cgroupsPath",
                message: "expected a path below the root without \"..\", found \"\(wanted)\"")
        }
        guard !layout.hierarchies.isEmpty || layout.unified != nil else {
            throw .state("no cgroup hierarchy is mounted")
        }
        let tail = "/" + parts.joined(separator: "/")
        let isAbsolute = wanted.utf8.first == UInt8(ascii: "/")
        unit = nil
        mode = layout.mode
        legacy = layout.hierarchies.map { hierarchy in
            LegacyCgroup(
                controllers: hierarchy.controllers, mountPoint: hierarchy.mountPoint,
                path: Self.join(hierarchy.mountPoint, isAbsolute ? "/" : hierarchy.ownPath) + tail)
        }
        unified = layout.unified.map { unified in
            UnifiedCgroup(
                mountPoint: unified.mountPoint,
                path: Self.join(unified.mountPoint, isAbsolute ? "/" : Self.parent(of: unified.ownPath)) + tail)
        }
    }

    /// No cgroups at all: the container's processes stay in those of their creator. They can be neither limited nor
    /// counted nor frozen.
    package static let none = CgroupManager(mode: .legacy, legacy: [], unified: nil)

    package var isNone: Bool { legacy.isEmpty && unified == nil }

    /// Whether the calling user may make every one of them. Asks the nearest directory above each that is there.
    package var canBeMade: Bool { directories.allSatisfy(\.canBeMade) }

    /// The cgroups that ``paths`` named, perhaps in another process.
    package init(loading paths: [String: String], unit: SystemdUnit? = nil) throws(CgroupError) {
        self.unit = unit
        guard paths.values.allSatisfy({ $0.hasPrefix("/") && !$0.split(separator: "/").contains("..") })
        else { throw .state("the container's state names no valid cgroup") }
        var controllers: [String: [String]] = [:]
        for (controller, path) in paths.sorted(by: { $0.key < $1.key }) where !controller.isEmpty {
            controllers[path, default: []].append(controller)
        }
        legacy = controllers.sorted { $0.key < $1.key }.map {
            LegacyCgroup(controllers: $0.value, mountPoint: "/", path: $0.key)
        }
        unified = paths[""].map { UnifiedCgroup(mountPoint: "/", path: $0) }
        mode = unified == nil ? .legacy : legacy.isEmpty ? .unified : .hybrid
    }

    /// Each cgroup's directory by controller, that of version 2 by the empty name: what a state file keeps.
    package var paths: [String: String] {
        var paths: [String: String] = [:]
        for cgroup in legacy {
            for controller in cgroup.controllers { paths[controller] = cgroup.directory.path }
        }
        if let unified { paths[""] = unified.directory.path }
        return paths
    }

    private static func join(_ mountPoint: String, _ path: String) -> String {
        path == "/" ? mountPoint : mountPoint + path
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// The version 1 cgroup of a controller.
    func directory(of controller: String) -> ControlDirectory? {
        legacy.first { $0.controllers.contains(controller) }?.directory
    }

    /// All cgroups' directories.
    var directories: [ControlDirectory] {
        legacy.map(\.directory) + (unified.map { [$0.directory] } ?? [])
    }

    /// The directory to ask for processes: they are the same in each.
    var anyDirectory: ControlDirectory? {
        mode == .unified ? unified?.directory : directory(of: "freezer") ?? directory(of: "pids") ?? directories.first
    }
}
