internal import FoundationEssentials
internal import GRDB
internal import Model

/// A value that a statement's parameter takes.
typealias Argument = (any DatabaseValueConvertible)?

// Statements are prepared once for each connection.
extension Database {
    func run(_ sql: String, _ arguments: [Argument]) throws {
        try cachedStatement(sql: sql).execute(arguments: try statement(arguments))
    }

    func row(_ sql: String, _ arguments: [Argument]) throws -> Row? {
        try Row.fetchOne(try cachedStatement(sql: sql), arguments: try statement(arguments))
    }

    func exists(_ sql: String, _ arguments: [Argument]) throws -> Bool {
        try row(sql, arguments) != nil
    }

    /// Rows are valid only within `body`.
    func rows<T>(_ sql: String, _ arguments: [Argument] = [], _ body: (Row) throws -> T) throws -> [T] {
        let cursor = try Row.fetchCursor(try cachedStatement(sql: sql), arguments: try statement(arguments))
        var result: [T] = []
        while let row = try cursor.next() {
            result.append(try body(row))
        }
        return result
    }

    /// Text ends at its first zero byte on the way to SQLite: one name would be taken for another.
    private func statement(_ arguments: [Argument]) throws -> StatementArguments {
        for case let text as String in arguments where text.utf8.contains(0) {
            throw Failure.invalid("name \"\(text.prefix { $0 != "\0" })\\0…\": expected text without zero bytes")
        }
        return StatementArguments(arguments)
    }

    /// Says that garbage collection may see something new: part of every change of what it looks at.
    func countMutation() throws {
        try run("UPDATE counters SET value = value + 1 WHERE name = 'generation'", [])
    }

    /// Makes the namespace known, as its first use does. Throws `invalidArgument` for a name that breaks the rule.
    func use(namespace: String) throws {
        try Identifier.check(namespace, "namespace")
        try run("INSERT INTO namespaces (name) VALUES (?) ON CONFLICT DO NOTHING", [namespace])
    }
}

extension Row {
    func time(_ index: Int) -> Timestamp {
        Timestamp(nanosecondsSince1970: self[index] as Int64)
    }

    func labels(_ index: Int) throws(Failure) -> [String: String] {
        try LabelText.decode(self[index] as String?)
    }

    func bytes(_ index: Int) -> [UInt8]? {
        (self[index] as Data?).map { Array($0) }
    }

    /// A typed payload in two columns: its type at `index`, its value after it.
    func payload(_ index: Int) -> TypedPayload? {
        (self[index] as String?).map { TypedPayload(typeURL: $0, value: bytes(index + 1) ?? []) }
    }
}

extension Timestamp {
    /// Columns hold nanoseconds, good up to the year 2262.
    init(nanosecondsSince1970 value: Int64) {
        let (seconds, rest) = value.quotientAndRemainder(dividingBy: 1_000_000_000)
        self.init(seconds: rest < 0 ? seconds - 1 : seconds, nanoseconds: Int32(rest < 0 ? rest + 1_000_000_000 : rest))
    }

    var nanosecondsSince1970: Int64 {
        seconds &* 1_000_000_000 &+ Int64(nanoseconds)
    }
}

extension TypedPayload {
    var data: Data { Data(value) }
}
