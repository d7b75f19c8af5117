internal import CLinux

/// An eBPF program that decides on a cgroup's access to device nodes. See bpf(2), BPF_PROG_TYPE_CGROUP_DEVICE.
package struct DeviceProgram: ~Copyable {
    private let descriptor: FileDescriptor

    /// The kernel checks and compiles the instructions. A program that it refuses is `invalidArgument` or
    /// `accessDenied`, with the last words of its verifier as the object.
    package init(instructions: [UInt64]) throws(SystemCallError) {
        let raw = berth_bpf_load_device_program(instructions, UInt32(instructions.count), nil, 0)
        if raw != -1 {
            descriptor = FileDescriptor(owning: raw)
            return
        }
        let errno = Errno.current
        throw SystemCallError("bpf BPF_PROG_LOAD", on: Self.verdict(on: instructions), errno: errno)
    }

    /// What the verifier says, in its last line but one; the last one is statistics.
    private static func verdict(on instructions: [UInt64]) -> String? {
        var log = [CChar](repeating: 0, count: 1 << 16)
        let raw = berth_bpf_load_device_program(instructions, UInt32(instructions.count), &log, UInt32(log.count))
        if raw != -1 { close(raw) }
        let text = String(decoding: log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.split(separator: "\n").dropLast().last.map(String.init)
    }

    /// Puts the program in force for the cgroup, in the place of any that this cgroup has itself. Those of its
    /// ancestors stay in force as well. At no moment is the cgroup without a program.
    package borrowing func replaceAll(onCgroup cgroup: Int32) throws(SystemCallError) {
        let existing = try Self.programs(onCgroup: cgroup)
        let raw = descriptor.rawValue
        if existing.count == 1 {
            let replaced = FileDescriptor(
                owning: try checked("bpf BPF_PROG_GET_FD_BY_ID") { berth_bpf_program(existing[0]) })
            try checked("bpf BPF_PROG_ATTACH") { berth_bpf_attach_device_program(cgroup, raw, replaced.rawValue) }
            return
        }
        try checked("bpf BPF_PROG_ATTACH") { berth_bpf_attach_device_program(cgroup, raw, -1) }
        for id in existing {
            let old = FileDescriptor(owning: try checked("bpf BPF_PROG_GET_FD_BY_ID") { berth_bpf_program(id) })
            try checked("bpf BPF_PROG_DETACH") { berth_bpf_detach_device_program(cgroup, old.rawValue) }
        }
    }

    /// The IDs of the programs attached to this cgroup itself.
    package static func programs(onCgroup cgroup: Int32) throws(SystemCallError) -> [UInt32] {
        // The kernel allows 64 programs on one cgroup.
        var ids = [UInt32](repeating: 0, count: 64)
        var count = UInt32(ids.count)
        try checked("bpf BPF_PROG_QUERY") { berth_bpf_query_device_programs(cgroup, &ids, &count) }
        return Array(ids.prefix(Int(count)))
    }
}
