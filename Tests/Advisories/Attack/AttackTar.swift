internal import Crypto
internal import Kernel

/// A tar archive made by hand, also such as no tar program would make. tar(5), "POSIX ustar Archives".
struct AttackTar {
    private(set) var bytes: [UInt8] = []

    static let blockSize = 512

    /// One entry with its contents; its type is a file's, unless told otherwise. `size` says something else than the
    /// contents' own.
    mutating func add(
        _ name: String, type: Character = "0", _ data: [UInt8] = [], mode: Int = 0o644, user: Int = 0,
        link: String = "", major: Int = 0, minor: Int = 0, size: Int? = nil
    ) {
        bytes += Self.header(
            name, type: type, mode: mode, user: user, link: link, major: major, minor: minor, size: size ?? data.count)
        bytes += data
        bytes += [UInt8](repeating: 0, count: -data.count & (Self.blockSize - 1))
    }

    mutating func add(directory name: String) { add(name, type: "5", mode: 0o755) }
    mutating func add(link name: String, to target: String) { add(name, type: "2", mode: 0o777, link: target) }
    mutating func append(raw: [UInt8]) { bytes += raw }

    /// With the two empty blocks of the end.
    var archive: [UInt8] { bytes + [UInt8](repeating: 0, count: 2 * Self.blockSize) }

    static func header(
        _ name: String, type: Character = "0", mode: Int = 0o644, user: Int = 0, link: String = "", major: Int = 0,
        minor: Int = 0, size: Int
    ) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: blockSize)
        func put(_ text: String, _ at: Int) {
            for (index, byte) in text.utf8.prefix(100).enumerated() { header[at + index] = byte }
        }
        func octal(_ number: Int, _ digits: Int) -> String {
            let text = String(number, radix: 8)
            return String(repeating: "0", count: max(digits - text.count, 0)) + text
        }
        put(name, 0)
        put(octal(mode, 7), 100)
        put(octal(user, 7), 108)
        put(octal(user, 7), 116)
        // More than eleven octal digits hold 8 GiB: GNU's binary form then.
        if size < 1 << 33 {
            put(octal(size, 11), 124)
        } else {
            header[124] = 0x80
            for byte in 0..<8 { header[135 - byte] = UInt8(truncatingIfNeeded: size >> (8 * byte)) }
        }
        put(octal(1_000_000_000, 11), 136)
        header[156] = type.asciiValue ?? 0
        put(link, 157)
        put("ustar\u{0}00", 257)
        put(octal(major, 7), 329)
        put(octal(minor, 7), 337)
        put("        ", 148)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\u{0} ", 148)
        return header
    }
}

func sha256(_ bytes: [UInt8]) -> String {
    "sha256:" + SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
