internal import Kernel

/// The shim's own messages, a line each, in the form that containerd takes over into its log.
package struct Log: Sendable {
    package enum Level: Int, Sendable {
        case debug, info, warning, error
    }

    private let minimum: Level
    private let descriptor: Int32
    private let fields: String

    /// - Parameters:
    ///   - descriptor: where lines go; it must never block for long. Lines that do not fit are lost.
    ///   - fields: appended to each line, as `id=x namespace=y`.
    package init(minimum: Level, descriptor: Int32 = 2, fields: String) {
        self.minimum = minimum
        self.descriptor = descriptor
        self.fields = fields
    }

    package func debug(_ message: @autoclosure () -> String) { write(.debug, message) }
    package func info(_ message: @autoclosure () -> String) { write(.info, message) }
    package func warning(_ message: @autoclosure () -> String) { write(.warning, message) }
    package func error(_ message: @autoclosure () -> String) { write(.error, message) }

    private func write(_ level: Level, _ message: () -> String) {
        guard level.rawValue >= minimum.rawValue else { return }
        var line = "level=\(level) msg=\""
        for character in message().unicodeScalars {
            switch character {
            case "\"": line += "\\\""
            case "\\": line += "\\\\"
            case "\n": line += "\\n"
            default: line.unicodeScalars.append(character)
            }
        }
        line += "\" \(fields)\n"
        line.withUTF8 { _ = try? Transfer.write(UnsafeRawBufferPointer($0), to: descriptor) }
    }
}
