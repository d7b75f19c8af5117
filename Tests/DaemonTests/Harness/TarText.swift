import Foundation

/// A tar archive in memory, entry by entry. tar(5), "POSIX ustar Archives".
struct TarText {
    private(set) var bytes = Data()
    /// Where each entry's header begins.
    private(set) var offsets: [String: Int] = [:]

    static let blockSize = 512

    mutating func add(directory name: String) {
        addHeader(name, type: "5", size: 0, mode: 0o755)
    }

    mutating func add(link name: String, to target: String) {
        addHeader(name, type: "2", size: 0, mode: 0o777, target: target)
    }

    mutating func add(file name: String, _ content: Data, mode: Int = 0o644) {
        addHeader(name, type: "0", size: content.count, mode: mode)
        bytes.append(content)
        bytes.append(Data(count: (Self.blockSize - content.count % Self.blockSize) % Self.blockSize))
    }

    mutating func finish() {
        bytes.append(Data(count: 2 * Self.blockSize))
    }

    private mutating func addHeader(_ name: String, type: String, size: Int, mode: Int, target: String = "") {
        offsets[name] = bytes.count
        var header = Data(count: Self.blockSize)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: Data(text.utf8))
        }
        func octal(_ number: Int, _ digits: Int) -> String {
            let text = String(number, radix: 8)
            return String(repeating: "0", count: digits - text.count) + text
        }
        put(name, at: 0)
        put(octal(mode, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(size, 11), at: 124)
        put(octal(0, 11), at: 136)
        put("        ", at: 148)
        put(type, at: 156)
        put(target, at: 157)
        put("ustar\u{0}00", at: 257)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\u{0} ", at: 148)
        bytes.append(header)
    }
}
