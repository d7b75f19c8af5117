internal import Kernel
internal import RuntimeSpec

/// The version 1 memory controller. See the kernel's document "Memory Resource Controller".
struct LegacyMemory {
    let directory: ControlDirectory

    private static let fields = "linux.resources.memory."

    func set(_ memory: MemoryResources) throws(CgroupError) {
        if memory.checkBeforeUpdate == true { try check(memory) }
        try setLimits(memory.limit.nonZero, memory.swap.nonZero)
        try set("memory.soft_limit_in_bytes", memory.reservation.nonZero, "reservation")
        try set("memory.kmem.limit_in_bytes", memory.kernel.nonZero, "kernel")
        try set("memory.kmem.tcp.limit_in_bytes", memory.kernelTCP.nonZero, "kernelTCP")
        if let swappiness = memory.swappiness {
            try directory.set("memory.swappiness", String(swappiness), field: Self.fields + "swappiness")
        }
        if memory.disableOOMKiller == true {
            try directory.set("memory.oom_control", "1", field: Self.fields + "disableOOMKiller")
        }
    }

    /// Lifting a limit that the kernel does not have is no request.
    private func set(_ file: String, _ bytes: Int64?, _ field: String) throws(CgroupError) {
        guard let bytes else { return }
        do {
            try directory.set(file, String(bytes), field: Self.fields + field)
        } catch {
            if case .unsupported = error, bytes == -1 { return }
            if error.errno == .notSupported {
                if bytes == -1 { return }
                throw .unsupported(field: Self.fields + field, missing: "the kernel no longer supports \"\(file)\"")
            }
            guard error.errno == .busy else { throw error }
            throw .invalid(
                field: Self.fields + field,
                message: "\(bytes) bytes are less than what is in use, "
                    + "\(directory.number("memory.usage_in_bytes") ?? 0) bytes that cannot be reclaimed")
        }
    }

    /// The limit on memory must never exceed the one on memory and swap together, so their order depends.
    private func setLimits(_ limit: Int64?, _ swap: Int64?) throws(CgroupError) {
        if limit == nil && swap == nil { return }
        let swap = swap ?? (limit == -1 ? -1 : nil)
        let current = directory.number("memory.limit_in_bytes") ?? 0
        let swapFirst = swap.map { $0 == -1 || $0 > Int64(clamping: current) } ?? false
        if swapFirst { try set("memory.memsw.limit_in_bytes", swap, "swap") }
        try set("memory.limit_in_bytes", limit, "limit")
        if !swapFirst { try set("memory.memsw.limit_in_bytes", swap, "swap") }
    }

    private func check(_ memory: MemoryResources) throws(CgroupError) {
        guard let limit = memory.limit, limit > 0, let usage = directory.number("memory.usage_in_bytes") else { return }
        guard usage <= UInt64(limit) else {
            throw .invalid(
                field: Self.fields + "limit", message: "\(limit) bytes are less than what is in use, \(usage) bytes")
        }
    }
}

extension Int64? {
    /// Engines write 0 for an absent limit.
    var nonZero: Int64? {
        self == 0 ? nil : self
    }
}
