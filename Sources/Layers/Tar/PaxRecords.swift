internal import Kernel
internal import Model

/// What an extended header says of the entry behind it. POSIX.1-2001 pax, with GNU's records for sparse files and
/// those of star for extended attributes.
struct PaxRecords {
    /// More than any sane entry has.
    private static let maximumAttributes = 1024
    /// Numbers in a sparse file's map.
    private static let maximumMap = 2 << 20

    var path: [UInt8]?
    var link: [UInt8]?
    var size: Int64?
    var user: Int64?
    var group: Int64?
    var modified: FileTime?
    var accessed: FileTime?
    var attributes: [TarEntry.Attribute] = []
    var sparse = Sparse()

    struct Sparse {
        var major: Int64?
        var name: [UInt8]?
        var realSize: Int64?
        /// Offsets and lengths in turn.
        var map: [Int64] = []
    }

    /// Records of `<length> <key>=<value>\n`, the length counting itself.
    mutating func parse(_ data: [UInt8]) throws(Failure) {
        var rest = data[...]
        while !rest.isEmpty {
            // Some writers pad with zeros.
            if rest.allSatisfy({ $0 == 0 }) { return }
            let digits = rest.prefix { $0 != 0x20 }
            guard let length = Self.number(digits), length > Int64(digits.count) + 2, length <= Int64(rest.count) else {
                throw .malformed("tar: an extended header has a record of a wrong length")
            }
            let record = rest.prefix(Int(length)).dropFirst(digits.count + 1)
            guard record.last == 0x0A, let separator = record.firstIndex(of: 0x3D) else {
                throw .malformed("tar: an extended header has a record without key or end")
            }
            let value = record[record.index(after: separator)..<record.index(before: record.endIndex)]
            try set(record[..<separator], value)
            rest = rest.dropFirst(Int(length))
        }
    }

    private mutating func set(_ key: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) throws(Failure) {
        let attribute = "SCHILY.xattr.".utf8
        if key.starts(with: attribute) {
            guard attributes.count < Self.maximumAttributes else {
                throw .malformed("tar: an entry with more than \(Self.maximumAttributes) extended attributes")
            }
            let name = Array(key.dropFirst(attribute.count))
            return attributes.append(TarEntry.Attribute(name: name, value: Array(value)))
        }
        switch String(decoding: key, as: UTF8.self) {
        case "path": path = try Self.name(value)
        case "linkpath": link = try Self.name(value)
        case "size": size = try Self.integer(value)
        case "uid": user = try Self.integer(value)
        case "gid": group = try Self.integer(value)
        case "mtime": modified = try Self.time(value)
        case "atime": accessed = try Self.time(value)
        case "GNU.sparse.major": sparse.major = try Self.integer(value)
        case "GNU.sparse.name": sparse.name = try Self.name(value)
        case "GNU.sparse.realsize", "GNU.sparse.size": sparse.realSize = try Self.integer(value)
        case "GNU.sparse.offset", "GNU.sparse.numbytes":
            guard sparse.map.count < Self.maximumMap else { throw .malformed("tar: a sparse file in too many parts") }
            sparse.map.append(try Self.integer(value))
        case "GNU.sparse.map":
            sparse.map = []
            for part in value.split(separator: 0x2C) { sparse.map.append(try Self.integer(part)) }
        default: break
        }
    }

    private static func name(_ value: ArraySlice<UInt8>) throws(Failure) -> [UInt8]? {
        guard !value.contains(0) else { throw .malformed("tar: a name in an extended header has a zero byte") }
        // An empty value takes back what another header said.
        return value.isEmpty ? nil : Array(value)
    }

    private static func integer(_ value: ArraySlice<UInt8>) throws(Failure) -> Int64 {
        guard let number = number(value) else {
            throw .malformed("tar: \(Array(value).quoted) in an extended header is not a number")
        }
        return number
    }

    /// Decimal digits, no sign.
    static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard !digits.isEmpty, digits.count <= 19 else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int64(digit - 0x30))
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }

    /// Seconds with an optional sign and fraction.
    private static func time(_ value: ArraySlice<UInt8>) throws(Failure) -> FileTime {
        let isNegative = value.first == 0x2D
        let parts = (isNegative ? value.dropFirst() : value).split(
            separator: 0x2E, maxSplits: 1, omittingEmptySubsequences: false)
        guard let seconds = number(parts[0]) else {
            throw .malformed("tar: \(Array(value).quoted) in an extended header is not a time")
        }
        var nanoseconds: Int64 = 0
        if parts.count == 2 {
            let fraction = Array(parts[1].prefix(9)) + [UInt8](repeating: 0x30, count: max(9 - parts[1].count, 0))
            guard let number = number(fraction[...]) else {
                throw .malformed("tar: \(Array(value).quoted) in an extended header is not a time")
            }
            nanoseconds = number
        }
        if !isNegative { return FileTime(seconds: seconds, nanoseconds: Int32(nanoseconds)) }
        if nanoseconds == 0 { return FileTime(seconds: -seconds) }
        return FileTime(seconds: -seconds - 1, nanoseconds: Int32(1_000_000_000 - nanoseconds))
    }
}
