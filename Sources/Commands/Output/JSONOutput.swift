internal import FoundationEssentials
internal import Model

/// Output for programs: one JSON document.
enum JSONOutput {
    static func print(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        StandardOutput.write(Array(try encoder.encode(value)) + [UInt8(ascii: "\n")], to: 1)
    }
}

/// Times and sizes as people read them.
enum Readable {
    static func age(_ since: Timestamp) -> String {
        let seconds = max(0, Timestamp.now().seconds - since.seconds)
        return switch seconds {
        case ..<60: "\(seconds)s ago"
        case ..<3600: "\(seconds / 60)m ago"
        case ..<86_400: "\(seconds / 3600)h ago"
        default: "\(seconds / 86_400)d ago"
        }
    }

    static func size(_ bytes: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var (whole, rest) = (bytes, Int64(0))
        var unit = 0
        while whole >= 1024, unit < units.count - 1 {
            (whole, rest) = whole.quotientAndRemainder(dividingBy: 1024)
            unit += 1
        }
        return unit == 0 ? "\(bytes) B" : "\(whole).\(rest * 10 / 1024) \(units[unit])"
    }

    /// Sizes come from whoever made an image: a sum that does not fit is as large as can be.
    static func sum(_ sizes: some Sequence<Int64>) -> Int64 {
        sizes.reduce(0) { sum, size in
            let (total, overflow) = sum.addingReportingOverflow(size)
            return overflow ? .max : total
        }
    }

    /// Text of other people's as a terminal may be shown it: control characters, which could do anything to it, are
    /// written out.
    static func plain(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var plain = ""
        for scalar in text.unicodeScalars {
            if isControl(scalar) {
                plain += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                plain.unicodeScalars.append(scalar)
            }
        }
        return plain
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }
}
