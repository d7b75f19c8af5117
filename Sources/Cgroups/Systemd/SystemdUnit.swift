/// The unit of systemd that a container's cgroup belongs to: a scope, or a slice where the configuration names one.
package struct SystemdUnit: Sendable, Equatable {
    package let name: String
    /// The slice that it is in.
    package let slice: String
    /// Whether it belongs to a user's own manager instead of the machine's.
    package let isUser: Bool

    package init(name: String, slice: String, isUser: Bool) {
        self.name = name
        self.slice = slice
        self.isUser = isUser
    }

    var isSlice: Bool { name.hasSuffix(".slice") }

    private static let field = "linux.cgroupsPath"

    /// - Parameters:
    ///   - path: `linux.cgroupsPath`, in runc's form for systemd, `slice:prefix:name`. Without a slice the manager's usual
    ///     one is meant. Nil: the container's ID is the name.
    ///   - onVersion2: whether version 2 is the only one there is, where a user's manager may hold containers.
    init(path: String?, containerID: String, isUser: Bool, onVersion2: Bool) throws(CgroupError) {
        let usual = isUser && onVersion2 ? "user.slice" : "system.slice"
        guard let path, !path.isEmpty else {
            self.init(name: "berth-\(containerID).scope", slice: usual, isUser: isUser)
            return
        }
        let parts = path.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, !parts[2].isEmpty, !path.contains("/") else {
            throw .invalid(
                field: Self.field,
                message: "expected \"slice:prefix:name\", as for systemd cgroups, found \"\(path)\"")
        }
        let name = parts[2].hasSuffix(".slice") ? parts[2] : parts[1] + "-" + parts[2] + ".scope"
        guard name.utf8.count <= 255, name.utf8.allSatisfy(Self.isAllowed) else {
            throw .invalid(field: Self.field, message: "expected a name that a unit can have, found \"\(name)\"")
        }
        self.init(name: name, slice: parts[0].isEmpty ? usual : parts[0], isUser: isUser)
        _ = try directory
    }

    /// Letters, digits and `:-_.\@+`. See systemd.unit(5).
    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: ":"), UInt8(ascii: "\\"), UInt8(ascii: "@"), UInt8(ascii: "+"):
            true
        default: false
        }
    }

    /// The unit's cgroup below the manager's own: begins with a slash.
    var directory: String {
        get throws(CgroupError) { try Self.expand(slice) + "/" + name }
    }

    /// Where a slice is: `a-b.slice` lies in `a.slice`, and `-.slice` is the root. See systemd.slice(5).
    static func expand(_ slice: String) throws(CgroupError) -> String {
        if slice == "-.slice" { return "" }
        let words = slice.dropLast(6).split(separator: "-", omittingEmptySubsequences: false)
        guard slice.hasSuffix(".slice"), words.allSatisfy({ !$0.isEmpty && !$0.contains("/") }) else {
            throw .invalid(field: field, message: "expected the name of a slice, as \"a-b.slice\", found \"\(slice)\"")
        }
        return words.indices.map { "/" + words[...$0].joined(separator: "-") + ".slice" }.joined()
    }
}
