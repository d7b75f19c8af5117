internal import CLinux

/// Extended attributes. See xattr(7).
extension FileDescriptor {
    /// Sets or replaces. See fsetxattr(2).
    package borrowing func setExtendedAttribute(
        _ name: UnsafePointer<CChar>, _ value: UnsafeRawBufferPointer
    ) throws(SystemCallError) {
        let raw = rawValue
        try checked("fsetxattr", on: String(cString: name)) {
            fsetxattr(raw, name, value.baseAddress, value.count, 0)
        }
    }

    /// nil where the file has none of that name, or its file system has none at all. See fgetxattr(2).
    package borrowing func extendedAttribute(_ name: UnsafePointer<CChar>) throws(SystemCallError) -> [UInt8]? {
        let raw = rawValue
        return try Self.attribute(named: name) { fgetxattr(raw, name, $0, $1) }
    }

    /// Every name. Empty where the file system has no attributes. See flistxattr(2).
    package borrowing func extendedAttributeNames() throws(SystemCallError) -> [String] {
        let raw = rawValue
        return try Self.attributeNames { flistxattr(raw, $0, $1) }
    }

    // By path, without following a symbolic link: for links, fifos and devices, which cannot be opened for this.
    // `path` must not be open to tampering; /proc/self/fd/<directory>/<name> is the safe form.

    /// See lsetxattr(2).
    package static func setExtendedAttribute(
        path: UnsafePointer<CChar>, _ name: UnsafePointer<CChar>, _ value: UnsafeRawBufferPointer
    ) throws(SystemCallError) {
        try checked("lsetxattr", on: String(cString: name)) {
            lsetxattr(path, name, value.baseAddress, value.count, 0)
        }
    }

    /// See lgetxattr(2).
    package static func extendedAttribute(
        path: UnsafePointer<CChar>, _ name: UnsafePointer<CChar>
    ) throws(SystemCallError) -> [UInt8]? {
        try attribute(named: name) { lgetxattr(path, name, $0, $1) }
    }

    /// See llistxattr(2).
    package static func extendedAttributeNames(path: UnsafePointer<CChar>) throws(SystemCallError) -> [String] {
        try attributeNames { llistxattr(path, $0, $1) }
    }

    /// Copies all that the file system of `target` knows. Neither path is followed.
    package static func copyExtendedAttributes(
        from source: UnsafePointer<CChar>, to target: UnsafePointer<CChar>
    ) throws(SystemCallError) {
        for name in try extendedAttributeNames(path: source) {
            guard let value = try extendedAttribute(path: source, name) else { continue }
            var failure: SystemCallError?
            value.withUnsafeBytes { bytes in
                do throws(SystemCallError) {
                    try setExtendedAttribute(path: target, name, bytes)
                } catch {
                    failure = error
                }
            }
            if let failure, failure.errno != .notSupported { throw failure }
        }
    }

    /// A path of `name` in this directory that goes through the descriptor, with its terminator. See proc(5).
    package borrowing func entryPath(_ name: UnsafePointer<CChar>) -> [UInt8] {
        var path = Array("/proc/self/fd/\(rawValue)/".utf8)
        path += UnsafeRawBufferPointer(start: name, count: strlen(name) + 1)
        return path
    }

    private static func attribute(
        named name: UnsafePointer<CChar>, _ call: (UnsafeMutableRawPointer?, Int) -> Int
    ) throws(SystemCallError) -> [UInt8]? {
        var capacity = 256
        while true {
            var failure: Errno?
            let value = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                let result = call(buffer.baseAddress, buffer.count)
                if result < 0 { failure = .current }
                count = max(result, 0)
            }
            guard let failure else { return value }
            switch failure.rawValue {
            case ENODATA, EOPNOTSUPP: return nil
            // The kernel's limit for a value is 64 KiB.
            case ERANGE where capacity < 64 << 10: capacity = 64 << 10
            default: throw SystemCallError("getxattr", on: String(cString: name), errno: failure)
            }
        }
    }

    private static func attributeNames(
        _ call: (UnsafeMutablePointer<CChar>?, Int) -> Int
    ) throws(SystemCallError) -> [String] {
        var capacity = 1024
        while true {
            var failure: Errno?
            let list = [CChar](unsafeUninitializedCapacity: capacity) { buffer, count in
                let result = call(buffer.baseAddress, buffer.count)
                if result < 0 { failure = .current }
                count = max(result, 0)
            }
            guard let failure else {
                return list.split(separator: 0).map { String(decoding: $0.map(UInt8.init(bitPattern:)), as: UTF8.self) }
            }
            switch failure.rawValue {
            case EOPNOTSUPP: return []
            case ERANGE where capacity < 64 << 10: capacity = 64 << 10
            default: throw SystemCallError("listxattr", errno: failure)
            }
        }
    }
}
