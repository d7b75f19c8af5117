internal import Glibc
internal import Kernel
internal import TestKit

/// A directory in which an engine has all its files, a root file system of Debian's static busybox, and a name for its
/// cgroups. Whatever of it is left at the end, process, mount or cgroup, is found by these and cleared away.
struct Workshop {
    let directory: String
    /// A name that no other test has, for cgroups and namespaces.
    let name: String

    var rootfs: String { directory + "/rootfs" }
    /// The root file system as an archive.
    var archive: String { directory + "/rootfs.tar" }

    static func with(_ body: (Workshop) throws -> Void) throws {
        try withScratchDirectory("engine") { directory in
            let workshop = try Workshop(directory: directory)
            defer { workshop.clear() }
            try body(workshop)
        }
    }

    private init(directory: String) throws {
        self.directory = directory
        name = "berth-engine-" + directory.split(separator: "-").last!.lowercased()
        for path in ["", "/bin", "/dev", "/etc", "/proc", "/sys", "/tmp"] {
            try makeDirectory(directory + "/rootfs" + path, mode: 0o755)
        }
        let from = try FileDescriptor.open("/bin/busybox", .readOnly)
        let to = try FileDescriptor.open(rootfs + "/bin/busybox", [.writeOnly, .create, .exclusive], mode: 0o755)
        try copyContents(from: from.rawValue, to: to.rawValue)
        let bin = try FileDescriptor.open(rootfs + "/bin", [.pathOnly, .directory])
        for name in ["sh", "sleep", "cat", "echo", "true", "id", "ls", "tail"] {
            try makeSymbolicLink(name, in: bin.rawValue, to: "busybox")
        }
        _ = try run(["tar", "-C", rootfs, "-cf", archive, "."])
    }

    /// Runs a program of the host to its end.
    func run(_ words: [String], environment: [String: String] = [:]) throws -> Tool {
        try Tool.run(words, environment: environment, in: directory)
    }

    /// The first line of a control file of version 1's `controller`, or of version 2, in the only cgroup below `parent`
    /// whose name contains `id`.
    func control(_ legacy: (controller: String, file: String), unified: String, of id: String) throws -> String? {
        for (root, file) in [("/sys/fs/cgroup/" + legacy.controller, legacy.file), ("/sys/fs/cgroup", unified)] {
            for parent in Self.children(root) where parent.hasSuffix("/" + name) {
                for cgroup in Self.children(parent) where cgroup.contains(id) {
                    return try SmallFile.text(cgroup + "/" + file).trimmed
                }
            }
        }
        return nil
    }

    // MARK: Clearing away

    private func clear() {
        for cgroup in cgroups() { try? SmallFile.write("1", to: cgroup + "/cgroup.kill") }
        for process in processes() { try? sendSignal(SignalNumber.kill, toProcess: process) }
        let deadline = Clock.milliseconds() + 10_000
        while !processes().isEmpty, Clock.milliseconds() < deadline { pause(microseconds: 10_000) }
        for place in mounts().reversed() { _ = try? run(["umount", "-l", place]) }
        for cgroup in cgroups().reversed() {
            for _ in 0..<100 where Directory.exists(cgroup) {
                if (try? Directory.remove(cgroup)) == nil { pause(microseconds: 20_000) }
            }
        }
    }

    /// What an engine should not leave when all of its containers are removed. What it made for itself may stay: the
    /// parent of its containers' cgroups, and podman's for its monitors.
    func leftovers() throws -> [String] {
        let inCgroups = cgroups().filter { !$0.hasSuffix("/" + name) && !$0.hasSuffix("/conmon") }
        return inCgroups + mounts().filter { !$0.hasPrefix(directory + "/own") }
    }

    /// Whether nothing is left over after at most so many milliseconds.
    func isClean(within patience: Int64) throws -> Bool {
        let deadline = Clock.milliseconds() + patience
        while try !leftovers().isEmpty {
            guard Clock.milliseconds() < deadline else { return false }
            usleep(50_000)
        }
        return true
    }

    /// Parents first.
    private func cgroups() -> [String] {
        var found: [String] = []
        for root in ["/sys/fs/cgroup"] + Self.children("/sys/fs/cgroup") {
            for parent in Self.children(root) where parent.hasSuffix("/" + name) {
                found += [parent] + Self.below(parent)
            }
        }
        return found
    }

    private static func below(_ parent: String) -> [String] {
        children(parent).flatMap { [$0] + below($0) }
    }

    private static func children(_ parent: String) -> [String] {
        ((try? Directory.entries(parent)) ?? []).filter(\.isDirectory).map { parent + "/" + $0.name }
    }

    /// Processes that have the directory among their arguments, as shims and monitors do.
    private func processes() -> [Int32] {
        ((try? Directory.entries("/proc")) ?? []).compactMap { Int32($0.name) }.filter { process in
            guard process != currentProcess(), let text = try? SmallFile.text("/proc/\(process)/cmdline") else {
                return false
            }
            return text.contains(directory + "/")
        }
    }

    private func mounts() -> [String] {
        let table = (try? SmallFile.text("/proc/self/mountinfo", limit: 16 << 20)) ?? ""
        return table.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            return fields.count > 4 && fields[4].hasPrefix(directory + "/") ? String(fields[4]) : nil
        }
    }
}
