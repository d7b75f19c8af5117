internal import Kernel
package import RuntimeSpec

/// What a process inside a container sees.
package struct Observation: JSONRecord {
    package var arguments: [String] = []
    package var environment: [String] = []
    package var cwd = ""
    /// The lines of /proc/self/mountinfo.
    package var mounts: [String] = []
    /// The fields of /proc/self/status that tell of rights: Uid, Gid, Groups, Cap*, NoNewPrivs, Seccomp, Umask ...
    package var status: [String: String] = [:]
    /// `soft:hard`, by the kernel's number.
    package var limits: [String: String] = [:]
    /// The links of /proc/self/ns.
    package var namespaces: [String: String] = [:]
    /// The links of /proc/self/fd, without the one used to look.
    package var descriptors: [String: String] = [:]
    /// The lines of /proc/self/cgroup.
    package var cgroups: [String] = []
    package var hostname = ""
    package var domainname = ""
    package var oomScoreAdjustment = ""
    package var hasTerminal = false
    package var isSessionLeader = false
    /// The state of the interface "lo".
    package var loopback = ""
    package var devices: [String] = []

    package init() {}

    package static func look() -> Observation {
        var seen = Observation()
        seen.arguments = CommandLine.arguments
        seen.environment = Kernel.environment()
        seen.cwd = (try? workingDirectoryPath()) ?? ""
        seen.mounts = lines("/proc/self/mountinfo")
        seen.cgroups = lines("/proc/self/cgroup")
        seen.hostname = lines("/proc/sys/kernel/hostname").first ?? ""
        seen.domainname = lines("/proc/sys/kernel/domainname").first ?? ""
        seen.oomScoreAdjustment = lines("/proc/self/oom_score_adj").first ?? ""
        seen.loopback = lines("/sys/class/net/lo/flags").first ?? ""
        let fields: Set = [
            "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Umask",
            "SigBlk", "SigIgn",
        ]
        for line in lines("/proc/self/status") {
            guard let colon = line.firstIndex(of: ":"), fields.contains(String(line[..<colon])) else { continue }
            seen.status[String(line[..<colon])] = line[line.index(after: colon)...].split { $0 == "\t" || $0 == " " }
                .joined(separator: " ")
        }
        for resource in LimitedResource.allCases {
            if let limit = try? limit(of: resource) {
                seen.limits["\(resource.rawValue)"] = "\(limit.soft):\(limit.hard)"
            }
        }
        seen.namespaces = links("/proc/self/ns")
        seen.descriptors = links("/proc/self/fd").filter { !$0.value.isEmpty }
        seen.devices = ((try? Directory.entries("/dev")) ?? []).map(\.name).sorted()
        seen.hasTerminal = seen.descriptors["0"]?.hasPrefix("/dev/pts/") ?? false
        let stat = lines("/proc/self/stat").first?.split(separator: " ") ?? []
        seen.isSessionLeader = stat.count > 5 && stat[0] == stat[5]
        return seen
    }

    private static func lines(_ path: String) -> [String] {
        ((try? SmallFile.text(path, limit: 16 << 20)) ?? "").split(separator: "\n").map(String.init)
    }

    private static func links(_ directory: String) -> [String: String] {
        var links: [String: String] = [:]
        for entry in (try? Directory.entries(directory)) ?? [] {
            links[entry.name] = (try? readSymbolicLink(directory + "/" + entry.name, in: workingDirectory)) ?? ""
        }
        return links
    }

    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("arguments", &arguments)
        try json.field("environment", &environment)
        try json.required("cwd", &cwd)
        try json.field("mounts", &mounts)
        try json.field("status", &status)
        try json.field("limits", &limits)
        try json.field("namespaces", &namespaces)
        try json.field("descriptors", &descriptors)
        try json.field("cgroups", &cgroups)
        try json.required("hostname", &hostname)
        try json.required("domainname", &domainname)
        try json.required("oomScoreAdjustment", &oomScoreAdjustment)
        try json.field("hasTerminal", &hasTerminal)
        try json.field("isSessionLeader", &isSessionLeader)
        try json.required("loopback", &loopback)
        try json.field("devices", &devices)
    }
}
