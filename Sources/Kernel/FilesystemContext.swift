internal import CLinux

/// A file system being configured, before it is a mount. See fsopen(2).
package struct FilesystemContext: ~Copyable {
    private let descriptor: FileDescriptor
    private let type: String

    /// fsopen(2). Fails with `ENODEV` where the kernel lacks the type.
    package init(type: String) throws(SystemCallError) {
        self.type = type
        let number = try retrying("fsopen", on: type) { fsopen(type, UInt32(FSOPEN_CLOEXEC)) }
        descriptor = FileDescriptor(owning: number)
    }

    /// `FSCONFIG_SET_STRING`: an option with a value.
    package borrowing func set(_ key: String, _ value: String) throws(SystemCallError) {
        let number = descriptor.rawValue
        try retrying("fsconfig", on: "\(type) \(key)=\(value)") {
            value.withCString { fsconfig(number, UInt32(BERTH_FSCONFIG_SET_STRING), key, $0, 0) }
        }
    }

    /// `FSCONFIG_SET_FLAG`: an option without a value.
    package borrowing func set(_ key: String) throws(SystemCallError) {
        let number = descriptor.rawValue
        try retrying("fsconfig", on: "\(type) \(key)") {
            fsconfig(number, UInt32(BERTH_FSCONFIG_SET_FLAG), key, nil, 0)
        }
    }

    /// `FSCONFIG_CMD_CREATE` and fsmount(2): a mount that is attached nowhere yet and vanishes with its descriptor.
    package consuming func mount(_ attributes: MountAttributes) throws(SystemCallError) -> FileDescriptor {
        let number = descriptor.rawValue
        let name = type
        try retrying("fsconfig", on: name) {
            fsconfig(number, UInt32(BERTH_FSCONFIG_CMD_CREATE), nil, nil, 0)
        }
        return FileDescriptor(
            owning: try retrying("fsmount", on: name) {
                fsmount(number, UInt32(FSMOUNT_CLOEXEC), UInt32(attributes.rawValue))
            })
    }
}
