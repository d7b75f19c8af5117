internal import Kernel

enum Output {
    static func print(_ text: String) {
        write(text, to: 1)
    }

    /// Of what went wrong without keeping the command from its end.
    static func warn(_ messages: [String]) {
        for message in messages { write("berth-runtime: warning: \(message)\n", to: 2) }
    }

    static func write(_ text: String, to descriptor: Int32) {
        var bytes = ArraySlice(Array(text.utf8))
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { buffer in
                if case .moved(let count)? = try? Transfer.write(buffer, to: descriptor) { count } else { 0 }
            }
            if count == 0 { return }
            bytes = bytes.dropFirst(count)
        }
    }
}

/// Where errors go: standard error, and the file that an engine reads them from, in the forms that runc writes.
struct Log {
    let path: String?
    let isJSON: Bool

    init(path: String?, format: String?) {
        self.path = path
        isJSON = format == "json"
    }

    func error(_ message: String) {
        let time = Self.timestamp()
        if let path, let file = try? FileDescriptor.open(path, [.writeOnly, .create, .append], mode: 0o644) {
            Output.write(
                isJSON
                    ? "{\"level\":\"error\",\"msg\":\(Self.quote(message)),\"time\":\"\(time)\"}\n"
                    : "time=\"\(time)\" level=error msg=\(Self.quote(message))\n", to: file.rawValue)
        }
        Output.write("berth-runtime: \(message)\n", to: 2)
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

    private static func timestamp() -> String {
        timestamp(of: Clock.now().seconds)
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
