internal import Kernel

/// Version 2's freezer, which every cgroup has. Frozen processes can be killed.
struct UnifiedFreezer {
    let directory: ControlDirectory

    /// How long the kernel may take, in milliseconds.
    private static let patience: Int32 = 10_000

    func set(frozen: Bool) throws(CgroupError) {
        do {
            if try change(to: frozen) { return }
        } catch {
            throw .system(error, field: nil)
        }
        if frozen { try? directory.write("cgroup.freeze", "0") }
        throw .state("the processes in \"\(directory.path)\" could not be frozen")
    }

    /// False if the kernel does not get it done in time.
    private func change(to frozen: Bool) throws(SystemCallError) -> Bool {
        let watch = try FileWatch(modificationsOf: directory.file("cgroup.events"))
        try directory.write("cgroup.freeze", frozen ? "1" : "0")
        while try isFrozen() != frozen {
            guard try waitUntilReadable(watch.descriptor.rawValue, milliseconds: Self.patience) else { return false }
            watch.descriptor.discardInput()
        }
        return true
    }

    func state() throws(CgroupError) -> CgroupManager.FreezerState {
        do {
            return try isFrozen() ? .frozen : .thawed
        } catch {
            // A container that is gone is not frozen.
            if error.errno == .noSuchFile || error.errno == .noDevice { return .thawed }
            throw .system(error, field: nil)
        }
    }

    private func isFrozen() throws(SystemCallError) -> Bool {
        try directory.text("cgroup.events").split(separator: "\n").contains("frozen 1")
    }
}
