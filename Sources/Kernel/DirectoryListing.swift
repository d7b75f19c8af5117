internal import CLinux

/// The names in a directory, read with getdents64(2) in large steps.
///
/// Names are bytes: file systems do not promise text. "." and ".." are left out.
package struct DirectoryListing: ~Copyable {
    package struct Entry {
        /// Without a terminator.
        package let name: [UInt8]
        /// nil where the file system does not say.
        package let kind: Inode.Kind?

        /// The name with its terminator, for calls of the kernel.
        package func withName<Result, Failure: Error>(
            _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
        ) throws(Failure) -> Result {
            try withTerminated(name, body)
        }
    }

    private let directory: Int32
    private let buffer: UnsafeMutableRawBufferPointer
    private var position = 0
    private var filled = 0

    /// Reads from the descriptor's position, which is the start when it has just been opened; it must not be used
    /// otherwise nor closed while the listing lives.
    package init(of directory: borrowing FileDescriptor) {
        self.directory = directory.rawValue
        buffer = .allocate(byteCount: 32 << 10, alignment: 8)
    }

    deinit {
        buffer.deallocate()
    }

    /// The next entry; nil at the end.
    package mutating func next() throws(SystemCallError) -> Entry? {
        while true {
            if position == filled {
                let descriptor = directory
                let target = buffer
                filled = Int(
                    try retrying("getdents64") { berth_getdents64(descriptor, target.baseAddress, target.count) })
                position = 0
                if filled == 0 { return nil }
            }
            let start = position
            // struct linux_dirent64: inode and offset of 8 bytes each, length of 2, type of 1, the name.
            let length = Int(buffer.loadUnaligned(fromByteOffset: start + 16, as: UInt16.self))
            let type = buffer[start + 18]
            position += length
            let field = UnsafeRawBufferPointer(rebasing: buffer[(start + 19)..<(start + length)])
            let name = Array(field.prefix { $0 != 0 })
            if name == [0x2E] || name == [0x2E, 0x2E] { continue }
            return Entry(name: name, kind: Self.kind(type))
        }
    }

    private static func kind(_ type: UInt8) -> Inode.Kind? {
        switch Int(type) {
        case DT_REG: .regular
        case DT_DIR: .directory
        case DT_LNK: .symbolicLink
        case DT_CHR: .characterDevice
        case DT_BLK: .blockDevice
        case DT_FIFO: .fifo
        case DT_SOCK: .socket
        default: nil
        }
    }
}

extension [UInt8] {
    /// Calls `body` with these bytes as a C string; they must end with the terminating zero.
    package func withTerminatedBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(last == 0)
        // The standard library's own closures cannot return what is not copyable.
        var result: Result?
        try withUnsafeBufferPointer { buffer throws(Failure) in
            let text = UnsafeRawPointer(buffer.baseAddress!).assumingMemoryBound(to: CChar.self)
            result = try body(text)
        }
        return result.take()!
    }
}

/// Calls `body` with `bytes` and a terminating zero.
package func withTerminated<Result, Failure: Error>(
    _ bytes: some Collection<UInt8>, _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
) throws(Failure) -> Result {
    var copy = ContiguousArray<CChar>()
    copy.reserveCapacity(bytes.count + 1)
    for byte in bytes { copy.append(CChar(bitPattern: byte)) }
    copy.append(0)
    return try copy.withUnsafeBufferPointer { buffer throws(Failure) in try body(buffer.baseAddress!) }
}
