internal import Glibc
package import Logging
internal import Model

/// Writes each entry as one line of `key=value` pairs to standard error, as containerd does:
/// `time="2026-01-02T03:04:05.678901234Z" level=info msg="listening" address=/run/berth/berth.sock`.
///
/// A line is one write(2), so that lines of several threads never mix. Text from outside is quoted: it can neither
/// end a line nor begin a pair.
package struct LogfmtHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    private let history: LogHistory

    /// - Parameter history: keeps the latest warnings and errors, for the dump of the state.
    package init(level: Logger.Level, history: LogHistory) {
        logLevel = level
        self.history = history
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = "time=\"\(Self.text(of: .now()))\" level=\(Self.name(of: event.level)) msg="
        Self.append("\(event.message)", to: &line, alwaysQuoted: true)
        var pairs = metadata
        if let more = event.metadata { pairs.merge(more) { _, new in new } }
        if let error = event.error { pairs["error"] = "\(error)" }
        for (key, value) in pairs.sorted(by: { $0.key < $1.key }) {
            line += " \(key)="
            Self.append("\(value)", to: &line, alwaysQuoted: false)
        }
        if event.level >= .warning { history.append(line) }
        line += "\n"
        Self.write(line)
    }

    private static func write(_ line: String) {
        var line = line
        line.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(STDERR_FILENO, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                // Nobody can be told that the log cannot be written.
                if count <= 0 { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }

    private static func name(of level: Logger.Level) -> String {
        switch level {
        case .trace: "trace"
        case .debug: "debug"
        case .info, .notice: "info"
        case .warning: "warning"
        case .error: "error"
        case .critical: "fatal"
        }
    }

    private static func append(_ value: String, to line: inout String, alwaysQuoted: Bool) {
        let isPlain = !value.isEmpty && value.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x3D }
        if isPlain, !alwaysQuoted {
            line += value
            return
        }
        line += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": line += "\\\""
            case "\\": line += "\\\\"
            case "\n": line += "\\n"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                line += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: line.unicodeScalars.append(scalar)
            }
        }
        line += "\""
    }

    /// RFC 3339 in UTC with nanoseconds.
    private static func text(of moment: Timestamp) -> String {
        var seconds = time_t(moment.seconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func padded(_ number: Int32, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let date = "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
        let time = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
        return "\(date)T\(time).\(padded(moment.nanoseconds, 9))Z"
    }
}
