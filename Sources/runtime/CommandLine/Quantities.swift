/// Amounts as people and engines write them.
enum Quantities {
    /// Bytes: a number, perhaps with a fraction, and a unit in powers of 1024, such as `512M`, `1.5 GiB` and `64kb`.
    /// -1 stands for no limit.
    static func bytes(_ text: String) -> Int64? {
        if text == "-1" { return -1 }
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard !digits.isEmpty, let number = Double(digits), number.isFinite else { return nil }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
        let powers: [Character: Double] = ["b": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5]
        let bytes: Double
        if let first = unit.first {
            guard let power = powers[first], ["", "b", "ib"].contains(unit.dropFirst()) else { return nil }
            guard first != "b" || unit == "b" else { return nil }
            bytes = (0..<Int(power)).reduce(number) { product, _ in product * 1024 }
        } else {
            bytes = number
        }
        return bytes < 9.2e18 ? Int64(bytes) : nil
    }

    /// Milliseconds: the sum of numbers with units, such as `5s`, `1m30s` and `0.5s`. See Go's time.ParseDuration.
    static func milliseconds(_ text: String) -> Int64? {
        let units: [String: Double] = [
            "ns": 1e-6, "us": 1e-3, "\u{b5}s": 1e-3, "ms": 1, "s": 1e3, "m": 60e3, "h": 3600e3,
        ]
        var rest = text[...]
        var sum = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !$0.isNumber && $0 != "." }
            rest = rest.dropFirst(unit.count)
            guard let number = Double(digits), let factor = units[String(unit)] else { return nil }
            sum += number * factor
        }
        return sum < 9.2e15 ? Int64(sum) : nil
    }
}
