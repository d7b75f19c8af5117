internal import Kernel

/// What went wrong, in the forms that engines read from runc: a line of JSON, or of `name=value`, each with the time, the
/// level and the message. To a file, where an error is told on standard error in plain words, too; or there at once.
struct Log {
    private var path: String?
    private var isJSON = false
    private var isVerbose = false

    init() {}

    init(_ options: Options) throws(Failure) {
        path = options["log"].flatMap { $0.isEmpty ? nil : $0 }
        isVerbose = options.has("debug")
        switch options["log-format"] ?? "text" {
        case "text": isJSON = false
        case "json": isJSON = true
        case let other: throw Failure.refused("invalid log-format: expected text or json, found \"\(other)\"")
        }
    }

    func error(_ message: String) {
        append("error", message)
        if path != nil { Output.write(message + "\n", to: 2) }
    }

    /// Of what went wrong without keeping the command from its end.
    func warn(_ messages: [String]) {
        for message in messages { append("warning", message) }
    }

    func debug(_ message: @autoclosure () -> String) {
        if isVerbose { append("debug", message()) }
    }

    private func append(_ level: String, _ message: String) {
        let time = Self.timestamp(of: Clock.now().seconds)
        let line =
            isJSON
            ? "{\"level\":\"\(level)\",\"msg\":\(Self.quote(message)),\"time\":\"\(time)\"}\n"
            : "time=\"\(time)\" level=\(level) msg=\(Self.quote(message))\n"
        guard let path else { return Output.write(line, to: 2) }
        if let file = try? FileDescriptor.open(path, [.writeOnly, .create, .append], mode: 0o644) {
            Output.write(line, to: file.rawValue)
        }
    }

    private static func quote(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0}"..<"\u{20}":
                let code = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - code.count) + code
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// RFC 3339, UTC. The date by the proleptic Gregorian calendar, counted from 1 March of the year 0.
    static func timestamp(of seconds: Int64) -> String {
        let days = seconds / 86_400 + 719_468
        let time = seconds % 86_400
        let era = days / 146_097
        let day = days - era * 146_097
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * year + year / 4 - year / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let date = [year + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1]
        let clock = [time / 3_600, time / 60 % 60, time % 60]
        return date.map(padded).joined(separator: "-") + "T" + clock.map(padded).joined(separator: ":") + "Z"
    }

    private static func padded(_ number: Int64) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
