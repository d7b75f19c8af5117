extension FilterPatternSet {
    private static let digits: [ClosedRange<UInt32>] = [0x30...0x39]
    private static let lower: [ClosedRange<UInt32>] = [0x61...0x7A]
    private static let upper: [ClosedRange<UInt32>] = [0x41...0x5A]

    /// What `\d`, `\s` and `\w` stand for.
    static let perl: [Unicode.Scalar: [ClosedRange<UInt32>]] = [
        "d": digits,
        "s": [0x09...0x0A, 0x0C...0x0D, 0x20...0x20],
        "w": digits + upper + lower + [0x5F...0x5F],
    ]

    /// What `[:alpha:]` and its like stand for, all of them within ASCII.
    static let posix: [String: [ClosedRange<UInt32>]] = [
        "alnum": digits + upper + lower,
        "alpha": upper + lower,
        "ascii": [0x00...0x7F],
        "blank": [0x09...0x09, 0x20...0x20],
        "cntrl": [0x00...0x1F, 0x7F...0x7F],
        "digit": digits,
        "graph": [0x21...0x7E],
        "lower": lower,
        "print": [0x20...0x7E],
        "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E],
        "space": [0x09...0x0D, 0x20...0x20],
        "upper": upper,
        "word": digits + upper + lower + [0x5F...0x5F],
        "xdigit": digits + [0x41...0x46, 0x61...0x66],
    ]

    /// Everything but `ranges`, which do not overlap.
    static func inverse(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        result.append(next...0x10FFFF)
        return result
    }
}

extension Unicode.Scalar {
    /// The lower case of an ASCII letter; anything else as it is.
    var lowercase: Unicode.Scalar {
        switch self {
        case "A"..."Z": Unicode.Scalar(UInt8(value) + 0x20)
        default: self
        }
    }
}
