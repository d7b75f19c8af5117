internal import CLinux

/// The file system types Berth asks for by number. See statfs(2).
package struct FilesystemMagic: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    package static let proc = FilesystemMagic(rawValue: 0x9fa0)
    package static let devpts = FilesystemMagic(rawValue: 0x1cd1)
    package static let pidfs = FilesystemMagic(rawValue: 0x5049_4446)
    package static let selinux = FilesystemMagic(rawValue: 0xf97c_ff8c)
    package static let nsfs = FilesystemMagic(rawValue: 0x6e73_6673)
}

/// fstatfs(2): the type of the file system that `descriptor` is on.
package func filesystemMagic(of descriptor: Int32) throws(SystemCallError) -> FilesystemMagic {
    var raw = statfs()
    try retrying("fstatfs") { fstatfs(descriptor, &raw) }
    return FilesystemMagic(rawValue: UInt64(UInt32(truncatingIfNeeded: raw.f_type)))
}

/// fstatfs(2): whether the mount that `descriptor` is on refuses writes.
package func isOnReadOnlyMount(_ descriptor: Int32) throws(SystemCallError) -> Bool {
    var raw = statfs()
    try retrying("fstatfs") { fstatfs(descriptor, &raw) }
    return raw.f_flags & 1 != 0
}
