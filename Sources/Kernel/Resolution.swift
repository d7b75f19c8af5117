internal import CLinux

/// How openat2(2) may resolve a path.
package struct Resolution: OptionSet, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// The directory is the root: "..", absolute paths and absolute symbolic links stay below it.
    package static let inRoot = Resolution(rawValue: UInt64(BERTH_RESOLVE_IN_ROOT))
    /// A path that leaves the directory is an error.
    package static let beneath = Resolution(rawValue: UInt64(BERTH_RESOLVE_BENEATH))
    package static let noSymlinks = Resolution(rawValue: UInt64(BERTH_RESOLVE_NO_SYMLINKS))
    /// Refuses /proc/PID/fd, exe, cwd, root and the like, which jump anywhere.
    package static let noMagicLinks = Resolution(rawValue: UInt64(BERTH_RESOLVE_NO_MAGICLINKS))
    package static let noCrossDevice = Resolution(rawValue: UInt64(BERTH_RESOLVE_NO_XDEV))
}
