/// A tar archive made by hand, also such as no tar program would make.
struct TarBuilder {
    private(set) var bytes: [UInt8] = []

    /// One header with its contents. `size` says something else than the contents' own.
    mutating func add(
        _ name: String, type: Character = "0", _ data: [UInt8] = [], mode: Int = 0o644, user: Int = 0, group: Int = 0,
        time: Int = 1_000_000_000, link: String = "", major: Int = 0, minor: Int = 0, size: Int? = nil,
        pax: [(String, [UInt8])] = [], magic: String = "ustar\u{0}00"
    ) {
        if !pax.isEmpty {
            var records: [UInt8] = []
            for (key, value) in pax {
                let body = [0x20] + Array(key.utf8) + [0x3D] + value + [0x0A]
                var length = body.count + 1
                while String(length).utf8.count + body.count != length {
                    length = String(length).utf8.count + body.count
                }
                records += Array(String(length).utf8) + body
            }
            add("PaxHeaders/x", type: "x", records)
        }
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: some Sequence<UInt8>, _ at: Int, _ limit: Int) {
            for (index, byte) in text.prefix(limit).enumerated() { header[at + index] = byte }
        }
        func octal(_ number: Int, _ digits: Int) -> [UInt8] {
            let text = Array(String(number, radix: 8).utf8)
            return [UInt8](repeating: 0x30, count: max(digits - text.count, 0)) + text
        }
        put(name.utf8, 0, 100)
        put(octal(mode, 7), 100, 8)
        put(octal(user, 7), 108, 8)
        put(octal(group, 7), 116, 8)
        put(octal(size ?? data.count, 11), 124, 12)
        put(octal(time, 11), 136, 12)
        header[156] = type.asciiValue!
        put(link.utf8, 157, 100)
        put(magic.utf8, 257, 8)
        put(octal(major, 7), 329, 8)
        put(octal(minor, 7), 337, 8)
        put([UInt8](repeating: 0x20, count: 8), 148, 8)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, 6) + [0, 0x20], 148, 8)
        bytes += header + data
        bytes += [UInt8](repeating: 0, count: -data.count & 511)
    }

    mutating func append(raw: [UInt8]) {
        bytes += raw
    }

    /// With the two empty headers of the end.
    var archive: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}

func text(_ string: String) -> [UInt8] { Array(string.utf8) }
