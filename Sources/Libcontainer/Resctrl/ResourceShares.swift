/// The shares that lines of a `schemata` file give, such as `L3:0=ff;1=f0`: by resource, and by the cache or memory that
/// it is a share of. The kernel pads what it shows, so that texts cannot be compared.
struct ResourceShares: Equatable {
    private var shares: [String: [String: String]] = [:]

    init(_ lines: [String]) {
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let resource = String(line[..<colon].drop { $0 == " " })
            for entry in line[line.index(after: colon)...].split(separator: ";") {
                guard let equals = entry.firstIndex(of: "=") else { continue }
                let place = String(entry[..<equals].filter { $0 != " " })
                let value = entry[entry.index(after: equals)...].filter { $0 != " " && $0 != "\n" }
                let digits = value.lowercased().drop { $0 == "0" }
                shares[resource, default: [:]][place] = digits.isEmpty ? "0" : String(digits)
            }
        }
    }

    /// Whether the other has all of these shares, perhaps among others.
    func isPart(of other: ResourceShares) -> Bool {
        shares.allSatisfy { resource, values in
            values.allSatisfy { other.shares[resource]?[$0.key] == $0.value }
        }
    }
}
