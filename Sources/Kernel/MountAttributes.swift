internal import CLinux

/// Per-mount attributes. See mount_setattr(2).
package struct MountAttributes: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    package static let readOnly = MountAttributes(rawValue: UInt64(BERTH_MOUNT_ATTR_RDONLY))
    package static let noSetUserID = MountAttributes(rawValue: UInt64(BERTH_MOUNT_ATTR_NOSUID))
    package static let noDevices = MountAttributes(rawValue: UInt64(BERTH_MOUNT_ATTR_NODEV))
    package static let noExecute = MountAttributes(rawValue: UInt64(BERTH_MOUNT_ATTR_NOEXEC))
    package static let noAccessTime = MountAttributes(rawValue: UInt64(BERTH_MOUNT_ATTR_NOATIME))
    package static let strictAccessTime = MountAttributes(rawValue: UInt64(BERTH_MOUNT_ATTR_STRICTATIME))
    package static let noDirectoryAccessTime = MountAttributes(rawValue: UInt64(BERTH_MOUNT_ATTR_NODIRATIME))
    package static let noFollowSymlinks = MountAttributes(rawValue: UInt64(BERTH_MOUNT_ATTR_NOSYMFOLLOW))
    package static let idMapped = MountAttributes(rawValue: UInt64(BERTH_MOUNT_ATTR_IDMAP))
    /// The field of the access time policy: cleared as a whole before a policy is set. Relative is its zero.
    package static let accessTimePolicy = MountAttributes(rawValue: UInt64(BERTH_MOUNT_ATTR_ATIME))
}
