internal import Glibc
internal import Kernel
package import Model
internal import TOMLKit

extension Configuration {
    /// Reads the file at `path`. Without `required` a file that does not exist gives the defaults.
    package static func load(from path: String, required: Bool) throws(Failure) -> Configuration {
        guard let text = try read(path, required: required) else { return Configuration() }
        return try Configuration(parsing: text, from: path)
    }

    /// - Parameter source: how messages name the document.
    package init(parsing text: String, from source: String) throws(Failure) {
        self.init()
        let document: TOMLTable
        do {
            document = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            let place = error.source.begin
            throw .invalid("\(source):\(place.line):\(place.column): not TOML: \(error.description)")
        } catch {
            throw Failure(.invalidArgument, "\(source): not TOML", cause: error)
        }
        try apply(document, table: "", from: source)
        try validate(source)
    }

    private mutating func apply(_ table: TOMLTable, table name: String, from source: String) throws(Failure) {
        for key in table.keys.sorted() {
            guard let value = table[key] else { continue }
            if name.isEmpty, Setting.all.contains(where: { $0.table == key }) {
                guard let inner = value.table else {
                    throw .invalid("\(source): \"\(key)\": expected a table, found \(Self.kind(of: value))")
                }
                try apply(inner, table: key, from: source)
                continue
            }
            let path = name.isEmpty ? key : "\(name).\(key)"
            guard let setting = Setting.all.first(where: { $0.path == path }) else {
                throw .invalid("\(source): unknown key \"\(path)\" (known: \(Self.knownKeys(in: name)))")
            }
            try set(setting, to: value, from: source)
        }
    }

    private mutating func set(
        _ setting: Setting, to value: any TOMLValueConvertible, from source: String
    ) throws(Failure) {
        switch setting.field {
        case .text(let field):
            guard let text = value.string else {
                throw .invalid("\(source): \"\(setting.path)\": expected a string, found \(Self.kind(of: value))")
            }
            self[keyPath: field] = text
        case .list(let field):
            guard let array = value.array else {
                throw .invalid("\(source): \"\(setting.path)\": expected a list, found \(Self.kind(of: value))")
            }
            var list: [String] = []
            for element in array {
                guard let text = element.string else {
                    throw .invalid("\(source): \"\(setting.path)\": expected strings, found \(Self.kind(of: element))")
                }
                list.append(text)
            }
            self[keyPath: field] = list
        case .integer(let field, let range):
            guard let number = value.int else {
                throw .invalid("\(source): \"\(setting.path)\": expected a whole number, found \(Self.kind(of: value))")
            }
            guard range.contains(number) else {
                throw .invalid(
                    "\(source): \"\(setting.path)\": \(number) is not from \(range.lowerBound) to \(range.upperBound)")
            }
            self[keyPath: field] = number
        }
    }

    private static func kind(of value: any TOMLValueConvertible) -> String {
        switch value.type {
        case .table: "a table"
        case .array: "a list"
        case .string: "a string"
        case .int, .double: "a number"
        case .bool: "a truth value"
        case .date, .time, .dateTime: "a date or time"
        }
    }

    private static func knownKeys(in table: String) -> String {
        var keys = Setting.all.filter { $0.table == table }.map(\.key)
        if table.isEmpty { keys += Set(Setting.all.map(\.table)).subtracting([""]).sorted() }
        return keys.joined(separator: ", ")
    }

    private static func read(_ path: String, required: Bool) throws(Failure) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT, !required { return nil }
            throw Failure(errno == ENOENT ? .notFound : .unknown, "configuration \"\(path)\": \(Errno.current)")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw Failure(.unknown, "configuration \"\(path)\": \(Errno.current)")
            }
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= maximumSize else {
                throw .invalid("configuration \"\(path)\": larger than \(maximumSize) bytes")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .invalid("configuration \"\(path)\": not UTF-8 text")
        }
        return text
    }

    private static let maximumSize = 1 << 20
}
