internal import ImageSpec
internal import Kernel
internal import Model

/// What is remembered of an ingest beside its bytes, as lines of `key value` in its `status` file.
///
/// Not synced: after a power loss it may be empty, and the ingest then counts as one of unknown size.
struct IngestNote: Equatable {
    var total: Int64
    var expected: Digest?
    var startedAt: Timestamp

    static let fileName = "status"

    init(total: Int64, expected: Digest?, startedAt: Timestamp) {
        self.total = total
        self.expected = expected
        self.startedAt = startedAt
    }

    init(parsing text: String) {
        self.init(total: 0, expected: nil, startedAt: Timestamp(seconds: 0))
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 2 else { continue }
            switch fields[0] {
            case "total": total = max(Int64(fields[1]) ?? 0, 0)
            case "expected": expected = Digest(String(fields[1]))
            case "started":
                guard fields.count == 3, let seconds = Int64(fields[1]), let rest = Int32(fields[2]) else { continue }
                startedAt = Timestamp(seconds: seconds, nanoseconds: rest)
            default: continue
            }
        }
    }

    var text: String {
        var text = "total \(total)\nstarted \(startedAt.seconds) \(startedAt.nanoseconds)\n"
        if let expected { text += "expected \(expected)\n" }
        return text
    }

    static func read(from directory: borrowing FileDescriptor) throws(SystemCallError) -> IngestNote {
        do throws(SystemCallError) {
            let file = try directory.open(name: fileName, [.readOnly, .noFollow])
            let bytes = try file.readAll(limit: 4096)
            return IngestNote(parsing: String(decoding: bytes, as: UTF8.self))
        } catch {
            guard error.errno == .noSuchFile else { throw error }
            return IngestNote(parsing: "")
        }
    }

    func write(to directory: borrowing FileDescriptor) throws(SystemCallError) {
        let file = try directory.open(
            name: Self.fileName, [.writeOnly, .create, .truncate, .noFollow], permissions: 0o600)
        try file.write(text)
    }
}
