internal import DBus
internal import Kernel
internal import RuntimeSpec

/// A container's device rules as properties of its unit. Without them systemd opens every device again whenever it
/// writes the unit's cgroup anew, as on `systemctl daemon-reload`.
enum SystemdDevices {
    /// - Parameter table: the contents of /proc/devices, which names device groups.
    static func properties(_ rules: [DeviceAccess], table: String) -> [SystemdProperty] {
        // Rules that version 1 cannot say systemd cannot either; the cgroup's own files have them.
        let list = (try? DeviceList(rules) { "linux.resources.devices[\($0)]" }) ?? DeviceList.none
        if list.allowsByDefault, list.exceptions.isEmpty { return [policy("auto"), allowed([])] }
        guard !list.allowsByDefault else { return [policy("strict"), allowed([])] }
        let entries = list.exceptions.compactMap { node, permissions in
            path(of: node, table).map { ($0, permissions.letters) }
        }
        return [policy("strict"), allowed(entries.sorted { $0.0 < $1.0 })]
    }

    private static func policy(_ name: String) -> SystemdProperty {
        SystemdProperty("DevicePolicy", .string(name))
    }

    private static func allowed(_ entries: [(path: String, letters: String)]) -> SystemdProperty {
        SystemdProperty(
            "DeviceAllow",
            .array(of: "(ss)", entries.map { .structure([.string($0.path), .string($0.letters)]) }))
    }

    /// As DeviceAllow takes it: a node's path, or the name of the group of a major number. Nil for what has neither. See
    /// systemd.resource-control(5).
    private static func path(of node: DeviceList.Node, _ table: String) -> String? {
        let kind = node.type == .block ? "block" : "char"
        switch (node.major, node.minor) {
        case (let major?, let minor?): return "/dev/\(kind)/\(major):\(minor)"
        case (nil, nil): return kind + "-*"
        case (let major?, nil): return group(major, isBlock: node.type == .block, table).map { "\(kind)-\($0)" }
        case (nil, _?): return nil
        }
    }

    /// See proc_devices(5): two lists of numbers and names under headings.
    private static func group(_ major: UInt32, isBlock: Bool, _ table: String) -> Substring? {
        var isRightList = false
        for line in table.split(separator: "\n") {
            if line.hasSuffix(":") { isRightList = line.hasPrefix("Block") == isBlock }
            let words = line.split(separator: " ", maxSplits: 1)
            if isRightList, words.count == 2, UInt32(words[0]) == major { return words[1] }
        }
        return nil
    }
}
