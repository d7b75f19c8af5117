internal import Kernel

/// Which cgroup hierarchies the host has and where they are mounted.
package struct CgroupLayout: Sendable, Equatable {
    /// A hierarchy of version 1.
    package struct Hierarchy: Sendable, Equatable {
        /// Controllers mounted together, such as `cpu` and `cpuacct`, or a single name such as `name=systemd`.
        package let controllers: [String]
        package let mountPoint: String
        /// The caller's own cgroup, below the mount point; begins with a slash.
        package let ownPath: String

        package init(controllers: [String], mountPoint: String, ownPath: String = "/") {
            self.controllers = controllers
            self.mountPoint = mountPoint
            self.ownPath = ownPath
        }
    }

    /// The hierarchy of version 2.
    package struct Unified: Sendable, Equatable {
        package let mountPoint: String
        /// The caller's own cgroup, below the mount point; begins with a slash.
        package let ownPath: String

        package init(mountPoint: String, ownPath: String = "/") {
            self.mountPoint = mountPoint
            self.ownPath = ownPath
        }
    }

    package enum Mode: Sendable {
        /// Version 1 alone.
        case legacy
        /// Controllers in version 1, and a version 2 hierarchy beside them.
        case hybrid
        /// Version 2 alone.
        case unified
    }

    package let hierarchies: [Hierarchy]
    package let unified: Unified?

    package init(hierarchies: [Hierarchy], unified: Unified?) {
        self.hierarchies = hierarchies
        self.unified = unified
    }

    /// Whether no hierarchy is mounted.
    package var isEmpty: Bool { hierarchies.isEmpty && unified == nil }

    package var mode: Mode {
        if unified == nil { return .legacy }
        return hierarchies.isEmpty ? .unified : .hybrid
    }

    /// The version 1 hierarchy of a controller.
    package func hierarchy(of controller: String) -> Hierarchy? {
        hierarchies.first { $0.controllers.contains(controller) }
    }
}

extension CgroupLayout {
    /// Looks at the host. Costs a dozen short system calls where hierarchies are mounted at their usual places below
    /// `/sys/fs/cgroup`; otherwise the mount table is read. See cgroups(7).
    package static func discover() throws(CgroupError) -> CgroupLayout {
        do {
            let memberships = Membership.parse(try SmallFile.text("/proc/self/cgroup"))
            if let layout = conventional(memberships) { return layout }
            let mounts = CgroupMount.parse(try SmallFile.text("/proc/self/mountinfo", limit: 64 << 20))
            return CgroupLayout(memberships: memberships, mounts: mounts)
        } catch {
            throw .system(error, field: nil)
        }
    }

    /// The layout if every hierarchy is mounted where systemd and Docker's cgroupfs-mount mount it.
    private static func conventional(_ memberships: [Membership]) -> CgroupLayout? {
        let root = "/sys/fs/cgroup"
        var hierarchies: [Hierarchy] = []
        var unified: Unified?
        for membership in memberships {
            // Of a bind mount below another cgroup's directory only the mount table tells.
            if membership.path.hasPrefix("/..") { return nil }
            if membership.controllers.isEmpty {
                let place = memberships.count == 1 ? root : root + "/unified"
                if (try? FilesystemMagic.of(place)) == .cgroup2 {
                    unified = Unified(mountPoint: place, ownPath: membership.path)
                } else if memberships.count == 1 {
                    return nil
                }
                continue
            }
            let place = root + "/" + membership.directoryName
            guard (try? FilesystemMagic.of(place)) == .cgroup else { return nil }
            hierarchies.append(
                Hierarchy(controllers: membership.controllers, mountPoint: place, ownPath: membership.path))
        }
        if unified == nil, (try? FilesystemMagic.of(root)) == .cgroup2 { return nil }
        return hierarchies.isEmpty && unified == nil
            ? nil : CgroupLayout(hierarchies: hierarchies, unified: unified)
    }

    /// Puts the two tables of the kernel together; hierarchies that are not mounted are left out.
    init(memberships: [Membership], mounts: [CgroupMount]) {
        var hierarchies: [Hierarchy] = []
        var unified: Unified?
        for membership in memberships {
            guard let mount = mounts.first(where: { $0.serves(membership) }) else { continue }
            let ownPath = mount.visible(membership.path)
            if membership.controllers.isEmpty {
                unified = Unified(mountPoint: mount.mountPoint, ownPath: ownPath)
            } else {
                hierarchies.append(
                    Hierarchy(
                        controllers: membership.controllers, mountPoint: mount.mountPoint, ownPath: ownPath))
            }
        }
        self.init(hierarchies: hierarchies, unified: unified)
    }
}
