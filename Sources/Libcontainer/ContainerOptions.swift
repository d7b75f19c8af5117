internal import Cgroups
package import RuntimeSpec

/// What the creator of a container decides beside its configuration.
package struct ContainerOptions: Sendable {
    /// Unique below `stateRoot`: letters, digits and `_ + - .`, at most 1024 bytes, not `.` or `..`.
    package var id: String
    /// The bundle's directory; relative paths of the configuration count from it.
    package var bundle: String
    /// Where a directory per container holds its state, as `/run/berth/runtime`. Made when missing, mode 0700.
    package var stateRoot: String
    /// Mounts that make the root file system, performed in the container's own mount namespace, onto `root.path`. They
    /// never appear on the host, so nothing is left to unmount after any crash. Empty when the caller has mounted it.
    package var rootfsMounts: [Mount] = []
    /// Whether another process than the creator may start the container, as the runtime's command line needs: the init
    /// process then waits at a socket in the state directory and survives its creator. Otherwise it ends with its
    /// creator.
    package var startsFromOtherProcesses = false
    /// Where seccomp filters are kept that were made before, for all containers of this user; nil keeps none. Made when
    /// missing, mode 0700; its parent is the state root or exists.
    package var filterCache: String?
    package var systemdCgroup = false

    /// Whether the container may go without cgroups where its configuration asks for nothing of them and the caller may
    /// make none. Nil: only if the caller is not the host's root, as with runc.
    package var mayLackCgroups: Bool?
    /// Moves the root with `MS_MOVE` and chroot(2) instead of pivot_root(2), for hosts whose root is an initramfs.
    package var noPivot = false
    /// Leaves the creator's session keyring in place.
    package var noNewKeyring = false

    package init(id: String, bundle: String, stateRoot: String) {
        self.id = id
        self.bundle = bundle
        self.stateRoot = stateRoot
    }
}

extension ContainerOptions {
    /// The cgroups that a container is to have, by systemd or by their files.
    ///
    /// There may be none: rootless engines leave the path out and set no limits where the user was given no cgroups.
    func cgroups(_ linux: Linux, _ layout: CgroupLayout, _ caller: Caller) throws(ContainerError) -> CgroupManager {
        do throws(CgroupError) {
            if systemdCgroup {
                return try CgroupManager(systemdPath: linux.cgroupsPath, containerID: id, layout: layout)
            }
            let mayLack = mayLackCgroups ?? (caller != .hostRoot)
            guard mayLack, (linux.cgroupsPath ?? "").isEmpty else {
                return try CgroupManager(path: linux.cgroupsPath, containerID: id, layout: layout)
            }
            if layout.isEmpty { return .none }
            // Beside the caller's own, which is what can have been given to him.
            let path = caller == .hostRoot ? nil : "berth-" + id
            let wanted = try CgroupManager(path: path, containerID: id, layout: layout)
            let asks = linux.resources?.asksForCgroups ?? false
            return asks || wanted.canBeMade ? wanted : .none
        } catch {
            throw ContainerError("cgroup", error)
        }
    }
}

extension CgroupLayout {
    static func ofHost() throws(ContainerError) -> CgroupLayout {
        do { return try CgroupLayout.discover() } catch { throw ContainerError("cgroup", error) }
    }
}
