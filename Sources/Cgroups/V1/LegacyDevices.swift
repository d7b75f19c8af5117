internal import Kernel
internal import RuntimeSpec

/// The version 1 devices controller. See the kernel's document "Device Whitelist Controller".
struct LegacyDevices {
    let directory: ControlDirectory

    private static let field = "linux.resources.devices"

    /// A running container keeps, at each moment, what both the old and the new rules allow.
    func set(_ rules: [DeviceAccess], isUpdate: Bool) throws(CgroupError) {
        // The first rule is the denial of everything that every container starts from.
        let wanted = try DeviceList(rules) { "\(Self.field)[\($0 - 1)]" }
        do {
            if isUpdate, !wanted.allowsByDefault, let current = try current() {
                try change(from: current, to: wanted)
            } else {
                try directory.write(wanted.allowsByDefault ? "devices.allow" : "devices.deny", "a")
                try write(wanted.exceptions, to: wanted.allowsByDefault ? "devices.deny" : "devices.allow")
            }
        } catch {
            throw .system(error, field: Self.field)
        }
    }

    private func change(from current: DeviceList, to wanted: DeviceList) throws(SystemCallError) {
        var removed: [DeviceList.Node: DeviceAccess.Permissions] = [:]
        for (node, permissions) in current.exceptions {
            let rest = permissions.subtracting(wanted.exceptions[node] ?? [])
            if !rest.isEmpty { removed[node] = rest }
        }
        try write(wanted.exceptions, to: "devices.allow")
        try write(removed, to: "devices.deny")
    }

    private func write(
        _ nodes: [DeviceList.Node: DeviceAccess.Permissions], to name: String
    ) throws(SystemCallError) {
        if nodes.isEmpty { return }
        let path = directory.file(name)
        let file = try FileDescriptor.open(path, .writeOnly)
        for (node, permissions) in nodes {
            let rule = DeviceAccess(allow: true, node.type, node.major, node.minor, permissions)
            try file.write(rule.line, name: path)
        }
    }

    /// The rules in force; nil if everything but unknown exceptions is allowed.
    private func current() throws(SystemCallError) -> DeviceList? {
        var rules: [DeviceAccess] = []
        for line in try directory.text("devices.list").split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 3, let type = DeviceRuleType(rawValue: String(words[0])), type != .all else {
                return nil
            }
            let numbers = words[1].split(separator: ":")
            guard numbers.count == 2 else { return nil }
            let rule = DeviceRule(
                allow: true, type: type, major: Int64(numbers[0]), minor: Int64(numbers[1]), access: String(words[2]))
            rules.append(DeviceAccess(rule))
        }
        return try? DeviceList(rules) { _ in "" }
    }
}
