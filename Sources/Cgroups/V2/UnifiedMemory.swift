internal import Kernel
internal import RuntimeSpec

/// The version 2 memory controller.
struct UnifiedMemory {
    let directory: ControlDirectory

    private static let fields = "linux.resources.memory."

    func set(_ memory: MemoryResources) throws(CgroupError) {
        try refuseLegacyOnly(memory)
        if memory.checkBeforeUpdate == true { try check(memory) }
        if let swap = Self.swapAlone(memory) { try set("memory.swap.max", swap, "swap") }
        if let limit = memory.limit.nonZero { try set("memory.max", limit, "limit") }
        if let reservation = memory.reservation.nonZero { try set("memory.low", reservation, "reservation") }
    }

    /// The specification counts memory and swap together, version 2 each by itself.
    static func swapAlone(_ memory: MemoryResources) -> Int64? {
        let limit = memory.limit.nonZero
        guard let swap = memory.swap.nonZero else { return limit == -1 ? -1 : nil }
        if swap == -1 { return -1 }
        guard let limit, limit > 0 else { return swap }
        return swap - min(limit, swap)
    }

    private func set(_ file: String, _ bytes: Int64, _ field: String) throws(CgroupError) {
        do {
            try directory.set(file, bytes == -1 ? "max" : String(bytes), field: Self.fields + field)
        } catch {
            // Without swap there is nothing to lift.
            if case .unsupported = error, bytes == -1 { return }
            throw error
        }
    }

    private func check(_ memory: MemoryResources) throws(CgroupError) {
        guard let limit = memory.limit, limit > 0, let usage = directory.number("memory.current") else { return }
        guard usage <= UInt64(limit) else {
            throw .invalid(
                field: Self.fields + "limit", message: "\(limit) bytes are less than what is in use, \(usage) bytes")
        }
    }

    private func refuseLegacyOnly(_ memory: MemoryResources) throws(CgroupError) {
        let fields: [(String, Bool)] = [
            ("kernel", (memory.kernel ?? 0) > 0), ("kernelTCP", (memory.kernelTCP ?? 0) > 0),
            ("swappiness", memory.swappiness != nil), ("disableOOMKiller", memory.disableOOMKiller == true),
        ]
        if let field = fields.first(where: { $0.1 }) {
            throw .unsupported(field: Self.fields + field.0, missing: "cgroup version 2 has nothing like it")
        }
    }
}
