internal import Kernel

enum Output {
    static func print(_ text: String) {
        write(text, to: 1)
    }

    /// A destination that takes no more gets no more: whoever closed it does not want it.
    static func write(_ text: String, to descriptor: Int32) {
        write(ArraySlice(text.utf8), to: descriptor)
    }

    static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) {
        var bytes = bytes
        while !bytes.isEmpty {
            let outcome = bytes.withUnsafeBytes { buffer in try? Transfer.write(buffer, to: descriptor) }
            switch outcome {
            case .moved(let count)?: bytes = bytes.dropFirst(count)
            // Somebody else made the open file non-blocking.
            case .wouldBlock?: _ = try? Poll.wait([Poll.Interest(descriptor, readable: false, writable: true)])
            case .ended?, nil: return
            }
        }
    }

    /// Rows in columns at least 12 wide and 3 apart, as runc's lists.
    static func table(_ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in max(12, (rows.map { $0[column].count }.max() ?? 0) + 3) }
        return rows.map { row in
            row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
            }.joined() + "\n"
        }.joined()
    }
}
