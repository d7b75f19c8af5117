internal import Glibc
internal import Model

/// Small files of text, as procfs has them.
enum TextFile {
    static func lines(of path: String) throws(Failure) -> [Substring] {
        guard let file = fopen(path, "re") else { throw Failure(.notFound, "file \"\(path)\": cannot be read") }
        defer { fclose(file) }
        return text(of: file).split(separator: "\n")
    }

    /// All that is left of an open file.
    static func text(of file: UnsafeMutablePointer<FILE>) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `name: value ...` of a line.
    static func field(_ line: Substring) -> (name: Substring, value: Int)? {
        let parts = line.split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let words = parts[1].split { $0 == " " || $0 == "\t" }
        guard let first = words.first, let value = Int(first) else { return nil }
        return (parts[0], value)
    }
}
