internal import CLinux

/// How a mount passes mount events on. See mount_namespaces(7).
package enum Propagation: Sendable {
    case shared, slave, `private`, unbindable

    /// The `MS_*` bit that mount(2) and mount_setattr(2) know it by.
    var bit: UInt64 {
        switch self {
        case .shared: UInt64(MS_SHARED)
        case .slave: UInt64(MS_SLAVE)
        case .private: UInt64(MS_PRIVATE)
        case .unbindable: UInt64(MS_UNBINDABLE)
        }
    }
}

/// open_tree(2) with `OPEN_TREE_CLONE`: a detached copy of the mount at `path`, seen from `directory`. An empty path
/// copies what `directory` itself refers to. Symbolic links in `path` are followed, so it must be a trusted one.
package func cloneMount(
    _ path: String, relativeTo directory: Int32 = AT_FDCWD, recursive: Bool
) throws(SystemCallError) -> FileDescriptor {
    var flags = UInt32(OPEN_TREE_CLONE) | UInt32(O_CLOEXEC)
    if path.isEmpty { flags |= UInt32(AT_EMPTY_PATH) }
    if recursive { flags |= UInt32(BERTH_AT_RECURSIVE) }
    return FileDescriptor(
        owning: try retrying("open_tree", on: path) { open_tree(directory, path, flags) })
}

/// move_mount(2) of the detached mount `mount` onto the very file that `target` refers to.
package func attachMount(_ mount: Int32, onto target: Int32) throws(SystemCallError) {
    let flags = UInt32(MOVE_MOUNT_F_EMPTY_PATH) | UInt32(MOVE_MOUNT_T_EMPTY_PATH)
    try retrying("move_mount") { move_mount(mount, "", target, "", flags) }
}

/// mount_setattr(2) on the mount that `mount` refers to the root of.
package func setMountAttributes(
    _ mount: Int32, set: MountAttributes = [], clear: MountAttributes = [], propagation: Propagation? = nil,
    recursive: Bool = false, userNamespace: Int32 = -1
) throws(SystemCallError) {
    let flags = UInt32(AT_EMPTY_PATH) | (recursive ? UInt32(BERTH_AT_RECURSIVE) : 0)
    try retrying("mount_setattr") {
        berth_mount_setattr(
            mount, "", flags, set.rawValue, clear.rawValue, propagation?.bit ?? 0, userNamespace)
    }
}

/// pivot_root(".", "."): the current directory's mount becomes the root, the old root is stacked on top of it.
package func pivotRoot() throws(SystemCallError) {
    try retrying("pivot_root") { berth_pivot_root(".", ".") }
}

/// umount2(2) with `MNT_DETACH`.
package func detachMount(_ path: String) throws(SystemCallError) {
    try retrying("umount", on: path) { umount2(path, Int32(MNT_DETACH)) }
}

/// mount(2) with `MS_MOVE` of the current directory's mount onto "/", and chroot(2) into it: for roots that
/// pivot_root(2) refuses, such as an initramfs.
package func moveMountToRoot() throws(SystemCallError) {
    try retrying("mount MS_MOVE") { mount(".", "/", nil, UInt(MS_MOVE), nil) }
    try retrying("chroot") { chroot(".") }
}
