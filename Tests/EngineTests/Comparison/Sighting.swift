internal import GuestReport
internal import Kernel
internal import RuntimeSpec

/// What was seen of a container, as named values that can be compared one by one. Numbers that the kernel gives out, and
/// the paths and names of the runtime's own bundle, are left out.
struct Sighting {
    private(set) var values: [String: String] = [:]

    /// Adds what a process of the container saw. `process` stands before the names.
    mutating func add(_ seen: Observation, of process: String, in bundle: ComparedBundle) {
        func set(_ name: String, _ value: String) { values["\(process)\(name)"] = bundle.neutral(value) }
        set("arguments", "\(seen.arguments)")
        set("environment", "\(seen.environment.sorted())")
        set("cwd", seen.cwd)
        set("hostname", seen.hostname)
        set("domainname", seen.domainname)
        set("oom score", seen.oomScoreAdjustment)
        set("terminal", "\(seen.hasTerminal)")
        set("session leader", "\(seen.isSessionLeader)")
        set("loopback", seen.loopback)
        set("personality", seen.personality)
        set("scheduling", seen.scheduling)
        set("io priority", seen.ioPriority)
        set("mappings", "\(seen.mappings)")
        set("clocks", "\(seen.clocks)")
        for (name, value) in seen.status { set("status \(name)", value) }
        for (name, value) in seen.limits { set("limit \(name)", value) }
        for (name, link) in seen.namespaces { set("namespace \(name)", Self.owner(of: link, name)) }
        for (number, target) in seen.descriptors { set("descriptor \(number)", Self.withoutNumber(target)) }
        for line in seen.cgroups {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            set("cgroup \(parts.count == 3 ? parts[1] : "")", String(parts.last ?? ""))
        }
        for (name, view) in seen.nodes { set("node \(name)", view) }
        for (path, view) in seen.files { set("file \(path)", Self.steady(view, of: path)) }
        for (target, mounts) in Dictionary(grouping: seen.mounts.compactMap(MountLine.init), by: \.target) {
            set("mount \(target)", mounts.map(\.description).joined(separator: "; "))
        }
    }

    mutating func add(_ name: String, _ value: String, in bundle: ComparedBundle) {
        values[name] = bundle.neutral(value)
    }

    /// Whether a namespace is the one that the tests are in.
    static func owner(of link: String, _ name: String) -> String {
        let host = try? readSymbolicLink("/proc/self/ns/" + name, in: workingDirectory)
        return link == host ? "the host's" : "own"
    }

    /// Of a pipe, only that it is one.
    private static func withoutNumber(_ target: String) -> String {
        guard target.contains(":["), let end = target.firstIndex(of: ":") else { return target }
        return String(target[..<end])
    }

    /// Without what changes by itself: the lines of a device cgroup are a set, and files of /proc tell of the moment.
    private static func steady(_ view: String, of path: String) -> String {
        guard let colon = view.firstRange(of: " : ") else { return view }
        let (description, content) = (view[..<colon.lowerBound], view[colon.upperBound...])
        if path.hasPrefix("/proc/") && !path.hasPrefix("/proc/sys/") { return String(description) }
        if path.hasSuffix("/devices.list") { return content.split(separator: "\n").sorted().joined(separator: ", ") }
        return view
    }
}

/// A line of /proc/self/mountinfo without the kernel's numbers. See proc_pid_mountinfo(5).
private struct MountLine: CustomStringConvertible {
    let target: String
    let description: String

    init?(_ line: String) {
        let fields = line.split(separator: " ")
        guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3 else { return nil }
        target = String(fields[4])
        let propagation = fields[6..<dash].map { $0.prefix { $0 != ":" } }
        description = [
            String(fields[dash + 1]), "of", String(fields[3]),
            fields[5].split(separator: ",").sorted().joined(separator: ","),
            propagation.isEmpty ? "private" : propagation.joined(separator: ","), "with",
            fields[dash + 3].split(separator: ",").sorted().joined(separator: ","),
        ].joined(separator: " ")
    }
}
