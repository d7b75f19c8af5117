internal import Kernel
internal import Model

/// Writes a tar archive: ustar where an entry fits, with a pax header before it where it does not.
struct TarWriter {
    private static let maximumOctal7: Int64 = 0o7777777
    private static let maximumOctal11: Int64 = 0o77777777777

    private let sink: LayerSink

    init(_ sink: LayerSink) {
        self.sink = sink
    }

    /// An entry's header. For a regular file exactly `entry.size` bytes of contents must follow, then `pad`.
    func begin(_ entry: TarEntry) throws(Failure) {
        let records = paxRecords(entry)
        if !records.isEmpty {
            var extended = TarEntry()
            extended.path = Array("PaxHeaders.0/".utf8) + entry.path.suffix(80)
            extended.permissions = 0o644
            extended.size = Int64(records.count)
            try sink.write(header(extended, type: UInt8(ascii: "x")))
            try sink.write(records)
            try pad(extended.size)
        }
        try sink.write(header(entry, type: type(entry.kind)))
    }

    /// What stands between an entry's contents and the next header.
    func pad(_ size: Int64) throws(Failure) {
        let count = Int(-size & 511)
        if count > 0 { try sink.write([UInt8](repeating: 0, count: count)) }
    }

    func end() throws(Failure) {
        try sink.write([UInt8](repeating: 0, count: 2 * TarHeader.size))
    }

    private func type(_ kind: TarEntry.Kind) -> UInt8 {
        switch kind {
        case .regular: UInt8(ascii: "0")
        case .hardLink: UInt8(ascii: "1")
        case .symbolicLink: UInt8(ascii: "2")
        case .characterDevice: UInt8(ascii: "3")
        case .blockDevice: UInt8(ascii: "4")
        case .directory: UInt8(ascii: "5")
        case .fifo: UInt8(ascii: "6")
        }
    }

    private func header(_ entry: TarEntry, type: UInt8) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: TarHeader.size)
        func put(_ bytes: some Sequence<UInt8>, at start: Int, _ length: Int) {
            for (index, byte) in bytes.prefix(length).enumerated() { header[start + index] = byte }
        }
        // A number that does not fit stands in the pax header; zero here.
        func put(octal number: Int64, at start: Int, _ digits: Int, _ maximum: Int64) {
            let fitting = (0...maximum).contains(number) ? number : 0
            let text = String(fitting, radix: 8)
            put(String(repeating: "0", count: digits - text.utf8.count).utf8, at: start, digits)
            put(text.utf8, at: start + digits - text.utf8.count, digits)
        }
        put(entry.path, at: 0, 100)
        put(octal: Int64(entry.permissions), at: 100, 7, Self.maximumOctal7)
        put(octal: Int64(entry.user), at: 108, 7, Self.maximumOctal7)
        put(octal: Int64(entry.group), at: 116, 7, Self.maximumOctal7)
        put(octal: entry.size, at: 124, 11, Self.maximumOctal11)
        put(octal: entry.modified.seconds, at: 136, 11, Self.maximumOctal11)
        header[156] = type
        put(entry.link, at: 157, 100)
        put("ustar\u{0}00".utf8, at: 257, 8)
        put(octal: Int64(entry.major), at: 329, 7, Self.maximumOctal7)
        put(octal: Int64(entry.minor), at: 337, 7, Self.maximumOctal7)
        let sum = header.reduce(Int64(8 * 32)) { $0 + Int64($1) }
        put(octal: sum, at: 148, 6, Self.maximumOctal7)
        header[155] = UInt8(ascii: " ")
        return header
    }

    private func paxRecords(_ entry: TarEntry) -> [UInt8] {
        var records: [UInt8] = []
        func add(_ key: some Sequence<UInt8>, _ value: some Sequence<UInt8>) {
            let body = [UInt8(ascii: " ")] + Array(key) + [UInt8(ascii: "=")] + Array(value) + [0x0A]
            // The length counts its own digits.
            var length = body.count + 1
            while String(length).utf8.count + body.count != length {
                length = String(length).utf8.count + body.count
            }
            records += Array(String(length).utf8) + body
        }
        func isPlain(_ name: [UInt8]) -> Bool { name.count <= 100 && name.allSatisfy { $0 < 0x80 } }
        if !isPlain(entry.path) { add("path".utf8, entry.path) }
        if !isPlain(entry.link) { add("linkpath".utf8, entry.link) }
        if entry.size > Self.maximumOctal11 { add("size".utf8, String(entry.size).utf8) }
        if Int64(entry.user) > Self.maximumOctal7 { add("uid".utf8, String(entry.user).utf8) }
        if Int64(entry.group) > Self.maximumOctal7 { add("gid".utf8, String(entry.group).utf8) }
        if !(0...Self.maximumOctal11).contains(entry.modified.seconds) {
            add("mtime".utf8, String(entry.modified.seconds).utf8)
        }
        for attribute in entry.attributes { add("SCHILY.xattr.".utf8 + attribute.name, attribute.value) }
        return records
    }
}
