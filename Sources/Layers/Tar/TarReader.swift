internal import Kernel
internal import Model

/// Reads a tar archive front to back: ustar, pax, GNU tar with its long names and every form of sparse files, and
/// what was there before them.
///
/// Everything in it is an attacker's until checked. Here that is: numbers, lengths, the sizes of headers, maps of
/// sparse files. Names are handed on as they are; whoever unpacks keeps them beneath the root.
struct TarReader: ~Copyable {
    /// Of a long name or an extended header; Go's limit, so images that others unpack have none longer.
    private static let maximumHeaderData: Int64 = 1 << 20

    private var input: TarInput
    private let header: TarHeader
    /// Contents of the current entry that have not been taken, and the padding behind them.
    private var rest: Int64 = 0
    private var padding: Int64 = 0
    private var isAtEnd = false

    init(_ stream: LayerStream) {
        input = TarInput(stream)
        header = TarHeader(.allocate(byteCount: TarHeader.size, alignment: 16))
    }

    deinit {
        header.bytes.deallocate()
    }

    /// The next entry; nil at the end of the archive, when all behind it has been read as well.
    mutating func next() throws(Failure) -> TarEntry? {
        var pax = PaxRecords()
        var longName: [UInt8]?
        var longLink: [UInt8]?
        while try readHeader() {
            let size = try header.number(124, 12)
            guard (0...Int64.max / 2).contains(size) else { throw .malformed("tar: an entry of \(size) bytes") }
            switch header.type {
            case UInt8(ascii: "x"), UInt8(ascii: "X"):
                try pax.parse(try headerData(size))
            case UInt8(ascii: "L"):
                longName = Array(try headerData(size).prefix { $0 != 0 })
            case UInt8(ascii: "K"):
                longLink = Array(try headerData(size).prefix { $0 != 0 })
            case UInt8(ascii: "g"), UInt8(ascii: "V"):
                // Records for all entries behind, and a volume's label: neither means anything in a layer.
                begin(size)
            default:
                return try entry(size: size, pax, longName, longLink)
            }
        }
        return nil
    }

    /// The next contents of the current entry in place, valid until the next call; nil at their end.
    mutating func contents() throws(Failure) -> UnsafeRawBufferPointer? {
        guard rest > 0 else { return nil }
        guard let part = try input.next(atMost: Int(clamping: rest)) else { throw truncated("an entry's contents") }
        rest -= Int64(part.count)
        return part
    }

    private mutating func readHeader() throws(Failure) -> Bool {
        if isAtEnd { return false }
        guard try input.skip(rest + padding) else { throw truncated("an entry's contents") }
        (rest, padding) = (0, 0)
        let count = try input.read(into: header.bytes)
        if count == TarHeader.size, !header.isZero {
            try header.checkSum()
            return true
        }
        guard count == 0 || count == TarHeader.size else { throw truncated("a header") }
        isAtEnd = true
        if count > 0 {
            let again = try input.read(into: header.bytes)
            guard again < TarHeader.size || header.isZero else {
                throw .malformed("tar: an empty header that is not the archive's end")
            }
        }
        try input.drain()
        return false
    }

    private mutating func begin(_ size: Int64) {
        rest = size
        padding = -size & 511
    }

    private mutating func headerData(_ size: Int64) throws(Failure) -> [UInt8] {
        guard size <= Self.maximumHeaderData else {
            throw .malformed("tar: a header of \(size) bytes; at most \(Self.maximumHeaderData) are allowed")
        }
        begin(size)
        var data: [UInt8] = []
        data.reserveCapacity(Int(size))
        while let part = try contents() { data.append(contentsOf: part) }
        return data
    }

    private mutating func entry(
        size: Int64, _ pax: PaxRecords, _ longName: [UInt8]?, _ longLink: [UInt8]?
    ) throws(Failure) -> TarEntry {
        var entry = TarEntry()
        entry.path = pax.path ?? longName ?? headerPath()
        entry.link = pax.link ?? longLink ?? header.text(157, 100)
        entry.kind = try kind(path: entry.path)
        entry.permissions = UInt32(truncatingIfNeeded: try header.number(100, 8)) & 0o7777
        entry.user = try identifier(pax.user, 108, "user", entry.path)
        entry.group = try identifier(pax.group, 116, "group", entry.path)
        if let modified = pax.modified {
            entry.modified = modified
        } else {
            entry.modified = FileTime(seconds: try header.number(136, 12))
        }
        entry.accessed = pax.accessed
        entry.attributes = pax.attributes
        switch entry.kind {
        case .regular:
            let stored = pax.size ?? size
            guard stored <= Int64.max / 2 else { throw .malformed("tar: an entry of \(stored) bytes") }
            begin(stored)
            entry.size = stored
            try readSparseMap(&entry, pax.sparse, stored)
        case .characterDevice, .blockDevice:
            entry.major = UInt32(truncatingIfNeeded: try header.number(329, 8))
            entry.minor = UInt32(truncatingIfNeeded: try header.number(337, 8))
        default:
            break
        }
        return entry
    }

    private func headerPath() -> [UInt8] {
        let name = header.text(0, 100)
        guard header.flavour == .ustar else { return name }
        let prefix = header.text(345, 155)
        return prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
    }

    private func kind(path: [UInt8]) throws(Failure) -> TarEntry.Kind {
        switch header.type {
        case UInt8(ascii: "0"), 0, UInt8(ascii: "7"), UInt8(ascii: "S"):
            // Before ustar, a directory was a file whose name ends in a slash.
            return path.last == UInt8(ascii: "/") ? .directory : .regular
        case UInt8(ascii: "1"): return .hardLink
        case UInt8(ascii: "2"): return .symbolicLink
        case UInt8(ascii: "3"): return .characterDevice
        case UInt8(ascii: "4"): return .blockDevice
        case UInt8(ascii: "5"): return .directory
        case UInt8(ascii: "6"): return .fifo
        default:
            throw .malformed("tar: entry \(path.quoted) is of the unknown type \([header.type].quoted)")
        }
    }

    /// The largest number means "unchanged" to chown(2), so no file can have it.
    private func identifier(
        _ stated: Int64?, _ field: Int, _ kind: String, _ path: [UInt8]
    ) throws(Failure) -> UInt32 {
        var number = stated ?? 0
        if stated == nil { number = try header.number(field, 8) }
        guard let value = UInt32(exactly: number), value != .max else {
            throw .malformed("tar: entry \(path.quoted) has \(kind) \(number)")
        }
        return value
    }

    private func truncated(_ place: String) -> Failure { .damaged("tar: ends in the middle of \(place)") }
}

// Sparse files: GNU's own header, and three forms of pax records.
extension TarReader {
    /// Of a sparse file's data extents.
    private static var maximumExtents: Int { 1 << 20 }

    private mutating func readSparseMap(
        _ entry: inout TarEntry, _ sparse: PaxRecords.Sparse, _ stored: Int64
    ) throws(Failure) {
        var numbers: [Int64]
        if header.type == UInt8(ascii: "S") {
            guard header.flavour == .gnu else { throw .malformed("tar: \(entry.path.quoted) is sparse but not GNU's") }
            let realSize = try header.number(483, 12)
            numbers = try headerMap()
            entry.size = realSize
        } else if let major = sparse.major, major == 1 {
            entry.size = sparse.realSize ?? stored
            numbers = try leadingMap()
        } else if !sparse.map.isEmpty {
            entry.size = sparse.realSize ?? stored
            numbers = sparse.map
        } else {
            return
        }
        if let name = sparse.name { entry.path = name }
        entry.extents = try extents(numbers, entry)
    }

    /// Four extents in the header and 21 in each block behind it, for as long as a flag says so.
    private mutating func headerMap() throws(Failure) -> [Int64] {
        var numbers = try mapFields(count: 4, at: 386)
        var isExtended = header.bytes[482] != 0
        while isExtended {
            guard try input.read(into: header.bytes) == TarHeader.size else { throw truncated("a sparse file's map") }
            numbers += try mapFields(count: 21, at: 0)
            isExtended = header.bytes[504] != 0
            guard numbers.count <= 2 * Self.maximumExtents else {
                throw .malformed("tar: a sparse file in more than \(Self.maximumExtents) parts")
            }
        }
        return numbers
    }

    private func mapFields(count: Int, at start: Int) throws(Failure) -> [Int64] {
        var numbers: [Int64] = []
        for field in 0..<count {
            let at = start + field * 24
            if header.bytes[at] == 0 { break }
            numbers.append(try header.number(at, 12))
            numbers.append(try header.number(at + 12, 12))
        }
        return numbers
    }

    /// Decimal lines before the data: how many extents, then their offsets and lengths, up to a block's end.
    private mutating func leadingMap() throws(Failure) -> [Int64] {
        var numbers: [Int64] = []
        var expected = Int64.max
        var line: [UInt8] = []
        let before = rest
        while Int64(numbers.count) < expected {
            guard rest > 0, let part = try input.next(atMost: 1) else { throw truncated("a sparse file's map") }
            rest -= 1
            if part[0] != 0x0A {
                line.append(part[0])
                guard line.count < 20 else { throw .malformed("tar: a sparse file's map is not made of numbers") }
                continue
            }
            guard let number = PaxRecords.number(line[...]) else {
                throw .malformed("tar: a sparse file's map is not made of numbers")
            }
            line = []
            if expected == .max {
                guard number <= Int64(Self.maximumExtents) else {
                    throw .malformed("tar: a sparse file in \(number) parts")
                }
                expected = number * 2
            } else {
                numbers.append(number)
            }
        }
        let fill = -(before - rest) & 511
        guard rest >= fill, try input.skip(fill) else { throw truncated("a sparse file's map") }
        rest -= fill
        return numbers
    }

    /// In order, apart, within the file, and as much together as there is data.
    private func extents(_ numbers: [Int64], _ entry: TarEntry) throws(Failure) -> [TarEntry.Extent] {
        let wrong = Failure.malformed("tar: sparse file \(entry.path.quoted) has a map that does not fit it")
        guard numbers.count % 2 == 0, entry.size >= 0 else { throw wrong }
        var extents: [TarEntry.Extent] = []
        var end: Int64 = 0
        var total: Int64 = 0
        for index in stride(from: 0, to: numbers.count, by: 2) {
            let (offset, length) = (numbers[index], numbers[index + 1])
            guard offset >= end, length >= 0, offset <= entry.size, length <= entry.size - offset else { throw wrong }
            end = offset + length
            total += length
            if length > 0 { extents.append(TarEntry.Extent(offset: offset, length: length)) }
        }
        guard total == rest else { throw wrong }
        return extents
    }
}
