internal import RuntimeSpec

/// What ordered device rules come to in version 1, which knows one default and exceptions from it, but no order.
struct DeviceList: Equatable {
    struct Node: Hashable {
        let type: DeviceRuleType
        let major: UInt32?
        let minor: UInt32?
    }

    /// Whether what is not an exception is allowed.
    private(set) var allowsByDefault = false

    /// Permissions that differ from the default.
    private(set) var exceptions: [Node: DeviceAccess.Permissions] = [:]

    /// Of a container that may use no device.
    static let none = DeviceList()

    private init() {}

    /// Runs the rules. `fields` names them for errors: the JSON path of each, where it has one.
    init(_ rules: [DeviceAccess], field: (Int) -> String) throws(CgroupError) {
        for (index, rule) in rules.enumerated() {
            if rule.matchesAllNodes {
                guard rule.permissions == .all else {
                    try apply(rule.with(type: .character), field: field(index))
                    try apply(rule.with(type: .block), field: field(index))
                    continue
                }
                allowsByDefault = rule.allow
                exceptions = [:]
            } else if rule.type == .all {
                try apply(rule.with(type: .character), field: field(index))
                try apply(rule.with(type: .block), field: field(index))
            } else {
                try apply(rule, field: field(index))
            }
        }
    }

    private mutating func apply(_ rule: DeviceAccess, field: String) throws(CgroupError) {
        let node = Node(type: rule.type, major: rule.major, minor: rule.minor)
        if rule.allow != allowsByDefault {
            exceptions[node, default: []].formUnion(rule.permissions)
            return
        }
        // A return to the default: whole exceptions can be taken back, a part of a wider one cannot.
        for (other, permissions) in exceptions where !permissions.isDisjoint(with: rule.permissions) {
            if node.contains(other) {
                let rest = permissions.subtracting(rule.permissions)
                exceptions[other] = rest.isEmpty ? nil : rest
            } else if other.contains(node) || other.overlaps(node) {
                throw .unsupported(
                    field: field, missing: "cgroup version 1 cannot except \"\(rule.line)\" from a wider rule before it"
                )
            }
        }
    }
}

extension DeviceList.Node {
    /// Whether every device of `other` is one of this node's.
    func contains(_ other: Self) -> Bool {
        type == other.type && (major == nil || major == other.major) && (minor == nil || minor == other.minor)
    }

    /// Whether some device is in both.
    func overlaps(_ other: Self) -> Bool {
        type == other.type && (major == nil || other.major == nil || major == other.major)
            && (minor == nil || other.minor == nil || minor == other.minor)
    }
}

extension DeviceAccess {
    fileprivate func with(type: DeviceRuleType) -> DeviceAccess {
        var copy = self
        copy.type = type
        return copy
    }
}
