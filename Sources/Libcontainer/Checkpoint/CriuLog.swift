internal import Kernel

/// What criu writes while it works: the reasons for a failure stand there only.
enum CriuLog {
    private static let limit = 64 << 20
    /// As many of the last errors make a message.
    private static let most = 3

    /// The last errors in a log.
    static func errors(in directory: String, _ name: String) -> String {
        guard let text = try? SmallFile.text(directory + "/" + name, limit: limit) else { return "" }
        return errors(text)
    }

    /// Of what was written to a file that is open.
    static func errors(of descriptor: Int32) -> String {
        (try? SmallFile.text("/proc/self/fd/\(descriptor)")).map { errors($0) } ?? ""
    }

    /// Lines such as `(00.012) Error (criu/mount.c:1): mnt: reason`, without time and place.
    static func errors(_ text: String) -> String {
        let lines = text.split(separator: "\n").filter { $0.contains("Error (") }
        return lines.suffix(most).map { line in
            let marker = line.firstRange(of: "): ")
            return String(marker.map { line[$0.upperBound...] } ?? line)
        }.joined(separator: "; ")
    }
}

extension Substring {
    /// Without the library of regular expressions, which lean rooms do without.
    fileprivate func firstRange(of word: String) -> Range<Index>? {
        var start = startIndex
        // The time stands in parentheses, too; the place follows "Error (".
        while start < endIndex, !self[start...].hasPrefix("Error (") { start = index(after: start) }
        while start < endIndex {
            if self[start...].hasPrefix(word) { return start..<index(start, offsetBy: word.count) }
            start = index(after: start)
        }
        return nil
    }

    fileprivate func contains(_ word: String) -> Bool {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(word) { return true }
            start = index(after: start)
        }
        return false
    }
}

extension ContainerError {
    /// The same with what criu says of the reason.
    func quoting(_ reasons: String) -> ContainerError {
        reasons.isEmpty ? self : ContainerError(code, "\(message): \(reasons)")
    }
}
