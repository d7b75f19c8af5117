internal import RuntimeSpec

/// A device rule in the kernel's terms.
struct DeviceAccess: Equatable, Hashable {
    /// Bits as `BPF_DEVCG_ACC_MKNOD`, `_READ` and `_WRITE`.
    struct Permissions: OptionSet, Hashable {
        let rawValue: UInt8

        static let mknod = Permissions(rawValue: 1)
        static let read = Permissions(rawValue: 2)
        static let write = Permissions(rawValue: 4)
        static let all: Permissions = [.mknod, .read, .write]

        /// As version 1 writes them.
        var letters: String {
            (contains(.read) ? "r" : "") + (contains(.write) ? "w" : "") + (contains(.mknod) ? "m" : "")
        }
    }

    var allow: Bool
    var type: DeviceRuleType
    /// Nil for any.
    var major: UInt32?
    var minor: UInt32?
    var permissions: Permissions

    init(_ rule: DeviceRule) {
        allow = rule.allow
        type = rule.type
        major = rule.major.flatMap { UInt32(exactly: $0) }
        minor = rule.minor.flatMap { UInt32(exactly: $0) }
        let letters = rule.access ?? "rwm"
        permissions = []
        if letters.isEmpty || letters.contains("r") { permissions.insert(.read) }
        if letters.isEmpty || letters.contains("w") { permissions.insert(.write) }
        if letters.isEmpty || letters.contains("m") { permissions.insert(.mknod) }
    }

    init(allow: Bool, _ type: DeviceRuleType, _ major: UInt32?, _ minor: UInt32?, _ permissions: Permissions) {
        self.allow = allow
        self.type = type
        self.major = major
        self.minor = minor
        self.permissions = permissions
    }

    /// `BPF_DEVCG_DEV_BLOCK` or `_CHAR`; nil for both.
    var kernelType: Int32? {
        switch type {
        case .all: nil
        case .block: 1
        case .character: 2
        }
    }

    var matchesEverything: Bool {
        matchesAllNodes && permissions == .all
    }

    var matchesAllNodes: Bool {
        type == .all && major == nil && minor == nil
    }

    /// As `devices.allow` and `devices.deny` take it.
    var line: String {
        if matchesAllNodes { return "a *:* \(permissions.letters)" }
        return "\(type.rawValue) \(major.map { String($0) } ?? "*"):\(minor.map { String($0) } ?? "*") "
            + permissions.letters
    }
}

extension DeviceAccess {
    /// What a container starts with: nothing.
    static let denyAll = DeviceAccess(allow: false, .all, nil, nil, .all)

    /// What every container has besides its own rules, as runc gives it: the nodes that the specification lists under
    /// "Default Devices", terminals, and mknod of any node, which alone opens none.
    static let defaults: [DeviceAccess] = [
        DeviceAccess(allow: true, .character, nil, nil, .mknod),
        DeviceAccess(allow: true, .block, nil, nil, .mknod),
        DeviceAccess(allow: true, .character, 1, 3, .all),  // null
        DeviceAccess(allow: true, .character, 1, 5, .all),  // zero
        DeviceAccess(allow: true, .character, 1, 7, .all),  // full
        DeviceAccess(allow: true, .character, 1, 8, .all),  // random
        DeviceAccess(allow: true, .character, 1, 9, .all),  // urandom
        DeviceAccess(allow: true, .character, 5, 0, .all),  // tty
        DeviceAccess(allow: true, .character, 5, 2, .all),  // ptmx
        DeviceAccess(allow: true, .character, 136, nil, .all),  // pts
    ]

    /// The rules of a container, with what stands before and after them.
    static func complete(_ rules: [DeviceRule]) -> [DeviceAccess] {
        [denyAll] + rules.map { DeviceAccess($0) } + defaults
    }
}
