internal import Glibc

/// What /proc tells about processes that are not ours to wait for. See proc_pid_stat(5).
enum ProcessTable {
    /// When the process began, in clock ticks since boot; nil when there is no such process.
    static func startTime(of pid: Int32) -> UInt64? {
        guard let text = read("/proc/\(pid)/stat") else { return nil }
        // The command's name stands in parentheses and may hold anything, also parentheses.
        guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
        // The state, third in the manual, is the first here; the start is the 22nd.
        guard fields.count > 19 else { return nil }
        return UInt64(String(decoding: fields[19], as: UTF8.self))
    }

    /// The present, as `startTime` counts it. See clock_gettime(2), `CLOCK_BOOTTIME`.
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        let ticks = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        return UInt64(time.tv_sec) * ticks + UInt64(time.tv_nsec) * ticks / 1_000_000_000
    }

    /// Names this boot of the kernel; a record from another boot names no process, mount or cgroup of this one.
    static func bootID() -> String {
        let text = read("/proc/sys/kernel/random/boot_id") ?? []
        return String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// Processes that run `program` in `directory`: the shims of a bundle whose record does not name one yet.
    static func processes(running program: String, in directory: String) -> [Int32] {
        guard let processes = opendir("/proc") else { return [] }
        defer { closedir(processes) }
        var found: [Int32] = []
        while let entry = readdir(processes) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let pid = Int32(name), link("/proc/\(pid)/cwd") == directory else { continue }
            // A program that was replaced on disk by an upgrade reads "PATH (deleted)"; Berth's own runs from a file
            // system that has no path, or from a copy in memory.
            guard let executable = link("/proc/\(pid)/exe") else { continue }
            let isSealed = executable == program[(program.lastIndex(of: "/") ?? program.startIndex)...]
            if executable.hasPrefix(program) || isSealed || executable.hasPrefix("/memfd:berth ") { found.append(pid) }
        }
        return found
    }

    private static func link(_ path: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            guard let base = buffer.baseAddress else { return nil }
            let count = readlink(path, base, buffer.count)
            return count < 0 ? nil : String(decoding: UnsafeRawBufferPointer(buffer)[0..<count], as: UTF8.self)
        }
    }

    /// The first 4 KiB of a file of /proc, which it gives in one piece.
    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
        }
    }
}
