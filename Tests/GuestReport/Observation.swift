internal import CGuest
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
    /// What is below /dev, by its path there: kind, numbers, permissions, owner.
    package var nodes: [String: String] = [:]
    /// Of each path that the process was told to look at: kind, permissions, owner, whether it may write, content.
    package var files: [String: String] = [:]
    /// As personality(2) answers.
    package var personality = ""
    /// `policy nice real-time-priority`, by the kernel's numbers.
    package var scheduling = ""
    /// As ioprio_get(2) answers.
    package var ioPriority = ""
    /// The maps of the process's user namespace: of users, then of groups.
    package var mappings: [String] = []
    /// The offsets of the clocks of /proc/self/timens_offsets.
    package var clocks: [String] = []

    package init() {}

    /// - Parameter paths: absolute, in the container.
    package static func look(at paths: [String] = []) -> Observation {
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
            "SigBlk", "SigIgn", "Cpus_allowed_list",
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
        seen.nodes = FileView.tree("/dev")
        for path in paths { seen.files[path] = FileView.complete(path) }
        seen.hasTerminal = seen.descriptors["0"]?.hasPrefix("/dev/pts/") ?? false
        seen.lookAtProcess()
        return seen
    }

    /// What the kernel keeps for a process beside its rights.
    private mutating func lookAtProcess() {
        personality = String(UInt32(bitPattern: guest_personality()), radix: 16)
        ioPriority = "\(guest_io_priority())"
        mappings = ["uid_map", "gid_map"].flatMap { name in Self.lines("/proc/self/" + name) }
            .map { $0.split(separator: " ").joined(separator: " ") }
        clocks = Self.lines("/proc/self/timens_offsets").map { $0.split(separator: " ").joined(separator: " ") }
        let stat = Self.lines("/proc/self/stat").first?.split(separator: " ") ?? []
        // Counted from one in proc_pid_stat(5): the session is the 6th, priority, nice and policy are 40, 19 and 41.
        guard stat.count > 40 else { return }
        isSessionLeader = stat[0] == stat[5]
        scheduling = "\(stat[40]) \(stat[18]) \(stat[39])"
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
        try json.field("nodes", &nodes)
        try json.field("files", &files)
        try json.required("personality", &personality)
        try json.required("scheduling", &scheduling)
        try json.required("ioPriority", &ioPriority)
        try json.field("mappings", &mappings)
        try json.field("clocks", &clocks)
    }
}
