/// What is printed: a table for each part, with the stock system's numbers before Berth's.
enum Report {
    static func heading(_ text: String) {
        print("\n\(text)")
    }

    static func columns(_ titles: String...) {
        row("", titles)
    }

    static func row(_ name: String, _ cells: [String]) {
        let line = name.padded(to: 34) + cells.map { $0.padded(to: -14) }.joined()
        print(line.trimmingEnd())
    }

    static func times(_ name: String, stock: Sample, berth: Sample, goal: Int? = nil) {
        let ratio = stock.median / berth.median
        row(
            name,
            [
                milliseconds(stock.median), milliseconds(stock.minimum), milliseconds(berth.median),
                milliseconds(berth.minimum), "1/" + decimal(ratio), verdict(ratio, goal),
            ])
    }

    static let timesColumns = ["stock median", "minimum", "berth median", "minimum", "ratio", "goal"]

    private static func verdict(_ ratio: Double, _ goal: Int?) -> String {
        guard let goal else { return "" }
        return "1/\(goal) " + verdict(ratio >= Double(goal))
    }

    static func verdict(_ isMet: Bool) -> String {
        isMet ? "met" : "missed"
    }

    /// The verdict on a number that is to be no larger than another.
    static func atMost(_ goal: Double, _ found: Double) -> String {
        decimal(goal) + " " + verdict(found <= goal)
    }

    static func milliseconds(_ time: Duration) -> String {
        decimal(time / .milliseconds(1)) + " ms"
    }

    /// - Parameter amount: KiB.
    static func kibibytes(_ amount: Int) -> String {
        "\(amount) KiB"
    }

    /// With two places.
    static func decimal(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "-" }
        let hundredths = Int((abs(value) * 100).rounded())
        let fraction = hundredths % 100
        return (value < 0 ? "-" : "") + "\(hundredths / 100)." + (fraction < 10 ? "0\(fraction)" : "\(fraction)")
    }
}

extension String {
    /// Right-aligned where `width` is negative.
    fileprivate func padded(to width: Int) -> String {
        let padding = String(repeating: " ", count: max(1, abs(width) - count))
        return width < 0 ? padding + self : self + padding
    }

    fileprivate func trimmingEnd() -> String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
