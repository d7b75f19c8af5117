package import Kernel
package import RuntimeSpec

/// Programs that profiles became before, in a directory that is its owner's alone: making one takes milliseconds, which
/// every container of an engine would spend on the same profile.
///
/// A file is in place whole or not at all, and is believed only if everything about it is as it was written: owner,
/// mode, length, checksum, and the whole key. Anything else is as if it were not there and is replaced. A crash leaves
/// at worst a file that nobody reads, which goes when the directory is full. Where nothing can be kept, as without the
/// right to write, filters are made each time.
package struct FilterCache: Sendable {
    private let directory: String

    /// So many entries, and all are cleared away before the next: profiles that are each used once would fill memory.
    static let capacity = 64

    /// The directory, which is made when it is missing; its parent must exist.
    package init(directory: String) {
        self.directory = directory
    }

    /// - Parameter profile: validated. See `Spec.validate()`.
    package func filter(for profile: SeccompProfile) throws(SeccompError) -> SystemCallFilter {
        guard let key = try? FilterKey(profile) else { return try SeccompFilter(profile).program }
        let name = key.name
        if let known = try? read(name, key) { return known }
        let filter = try SeccompFilter(profile).program
        try? write(filter, name, key)
        return filter
    }

    // The file: eight bytes that name the form, the counts of instructions and of the key's bytes, the flags, four
    // bytes of nothing, the checksum of those and of all that follows; the instructions, in the machine's byte order; the key.

    private static let form: UInt64 = 0x3146_5042_5452_4542
    private static let headerSize = 32
    private static let longest = 4096

    private func open() throws(SystemCallError) -> FileDescriptor {
        let opened = try FileDescriptor.open(directory, [.readOnly, .directory, .noFollow])
        try Self.check(try opened.inode(), .directory)
        return opened
    }

    private static func check(_ inode: Inode, _ kind: Inode.Kind) throws(SystemCallError) {
        guard inode.kind == kind, inode.user == currentUser(), inode.permissions & 0o077 == 0 else {
            throw SystemCallError("open", errno: .notPermitted)
        }
    }

    private func read(_ name: String, _ key: FilterKey) throws(SystemCallError) -> SystemCallFilter? {
        let place = try open()
        let file = try FileDescriptor.open(name, [.readOnly, .noFollow, .nonBlocking], beneath: place.rawValue)
        let inode = try file.inode()
        try Self.check(inode, .regular)
        let limit = Self.headerSize + 8 * Self.longest + key.bytes.count
        guard inode.size <= Int64(limit) else { return nil }
        return Self.decode(try file.readAll(limit: limit, expecting: Int(inode.size) + 1), key)
    }

    static func decode(_ bytes: [UInt8], _ key: FilterKey) -> SystemCallFilter? {
        guard bytes.count > headerSize else { return nil }
        return bytes.withUnsafeBytes { buffer in
            func word(_ offset: Int) -> UInt32 { buffer.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
            let count = Int(word(8))
            let end = headerSize + 8 * count
            guard buffer.loadUnaligned(as: UInt64.self) == form, (1...longest).contains(count),
                Int(word(12)) == key.bytes.count, word(20) == 0, bytes.count == end + key.bytes.count,
                buffer[end...].elementsEqual(key.bytes),
                buffer.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
                    == Checksum.of(buffer[headerSize...], from: Checksum.of(buffer[8..<24]))
            else { return nil }
            let instructions = (0..<count).map {
                buffer.loadUnaligned(fromByteOffset: headerSize + 8 * $0, as: UInt64.self)
            }
            return SystemCallFilter(instructions: instructions, flags: word(16))
        }
    }

    static func encode(_ filter: SystemCallFilter, _ key: FilterKey) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(8 * filter.instructions.count + key.bytes.count)
        filter.instructions.withUnsafeBytes { body.append(contentsOf: $0) }
        body.append(contentsOf: key.bytes)
        var header: [UInt8] = []
        withUnsafeBytes(of: form) { header.append(contentsOf: $0) }
        for word in [UInt32(filter.instructions.count), UInt32(key.bytes.count), filter.flags, 0] {
            withUnsafeBytes(of: word) { header.append(contentsOf: $0) }
        }
        let sum = Checksum.of(body, from: Checksum.of(header[8...]))
        withUnsafeBytes(of: sum) { header.append(contentsOf: $0) }
        return header + body
    }

    private func write(_ filter: SystemCallFilter, _ name: String, _ key: FilterKey) throws(SystemCallError) {
        do {
            try makeDirectory(directory, mode: 0o700)
        } catch {
            guard error.errno == .exists else { throw error }
        }
        let place = try open()
        try clear(place)
        // Of its own for every process: two may have the same profile at once.
        let temporary = "\(name).\(currentProcess())"
        try? removeFile(temporary, in: place.rawValue)
        let file = try FileDescriptor.open(
            temporary, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600, beneath: place.rawValue)
        do throws(SystemCallError) {
            try Self.encode(filter, key).withUnsafeBytes { bytes in
                Result { () throws(SystemCallError) in try file.writeAll(bytes) }
            }.get()
            try renameEntry(temporary, to: name, in: place.rawValue)
        } catch {
            try? removeFile(temporary, in: place.rawValue)
            throw error
        }
    }

    private func clear(_ place: borrowing FileDescriptor) throws(SystemCallError) {
        let entries = try Directory.entries(".", beneath: place.rawValue)
        guard entries.count >= Self.capacity else { return }
        for entry in entries { try? removeFile(entry.name, in: place.rawValue) }
    }
}
