import Kernel

/// What of a shim and its container is still on the machine, a line each.
enum Leftovers {
    /// Looks for everything that carries the container's name, or the name of the scratch directory that has it in it.
    static func of(_ id: String) -> [String] {
        processes(of: id) + cgroups(of: id) + mounts(of: id)
    }

    /// Processes that are in one of its cgroups, or have the shim's environment: copies of the shim, too. Those that
    /// have ended and were not reaped yet are none.
    static func processes(of id: String) -> [String] {
        numbers("/proc").compactMap { number in
            guard let stat = try? SmallFile.text("/proc/\(number)/stat"), !stat.contains(") Z ") else { return nil }
            let cgroup = (try? SmallFile.text("/proc/\(number)/cgroup")) ?? ""
            let environment = (try? SmallFile.text("/proc/\(number)/environ")) ?? ""
            return cgroup.contains(id) || environment.contains(id) ? "process \(stat.prefix(60))" : nil
        }
    }

    static func cgroups(of id: String) -> [String] {
        let root = "/sys/fs/cgroup"
        let hierarchies = [root] + directories(root).map { root + "/" + $0 }
        return hierarchies.flatMap { hierarchy in
            directories(hierarchy).filter { $0.contains(id) }.map { "cgroup \(hierarchy)/\($0)" }
        }
    }

    static func mounts(of id: String) -> [String] {
        let table = (try? SmallFile.text("/proc/self/mountinfo")) ?? ""
        return table.split(separator: "\n").filter { $0.contains(id) }.map { "mount \($0)" }
    }

    private static func numbers(_ path: String) -> [Int] {
        directories(path).compactMap { Int($0) }
    }

    private static func directories(_ path: String) -> [String] {
        ((try? Directory.entries(path)) ?? []).filter(\.isDirectory).map(\.name)
    }
}
