/// A line of /proc/PID/cgroup: one hierarchy and the process's cgroup in it. See cgroups(7).
struct Membership: Equatable {
    /// Empty for version 2.
    let controllers: [String]
    let path: String

    static func parse(_ text: String) -> [Membership] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return nil }
            return Membership(
                controllers: fields[1].split(separator: ",").map(String.init), path: String(fields[2]))
        }
    }

    /// The usual name of the hierarchy's mount point: `cpu,cpuacct`, `systemd`.
    var directoryName: String {
        if controllers.count == 1, controllers[0].hasPrefix("name=") { return String(controllers[0].dropFirst(5)) }
        return controllers.joined(separator: ",")
    }
}
