internal import Kernel

extension CgroupManager {
    package enum FreezerState: Sendable {
        case thawed
        case frozen
    }

    /// Stops all processes of the container until ``thaw()``. Answers once they stand still.
    package func freeze() throws(CgroupError) {
        if let directory = directory(of: "freezer") { return try LegacyFreezer(directory: directory).freeze() }
        try unifiedFreezer().set(frozen: true)
    }

    package func thaw() throws(CgroupError) {
        if let directory = directory(of: "freezer") { return try LegacyFreezer(directory: directory).thaw() }
        try unifiedFreezer().set(frozen: false)
    }

    package var freezerState: FreezerState {
        get throws(CgroupError) {
            if isNone { return .thawed }
            if let directory = directory(of: "freezer") { return try LegacyFreezer(directory: directory).state() }
            return try unifiedFreezer().state()
        }
    }

    private func unifiedFreezer() throws(CgroupError) -> UnifiedFreezer {
        if isNone { throw .state("it has no cgroup to be frozen in") }
        guard let unified else { throw .state("no cgroup controller \"freezer\" is mounted") }
        return UnifiedFreezer(directory: unified.directory)
    }

    /// Sends SIGKILL to every process of the container, also to those that it forks meanwhile. Frozen processes are
    /// thawed, so that they can die. Answers when the signals are sent; the processes' parents reap them.
    package func kill() throws(CgroupError) {
        if try !killAtOnce() { try killBySignals() }
    }

    /// False before Linux 5.14 and without version 2.
    private func killAtOnce() throws(CgroupError) -> Bool {
        guard let unified else { return false }
        do {
            try unified.directory.write("cgroup.kill", "1")
        } catch {
            if error.errno == .noSuchFile || error.errno == .noDevice { return false }
            throw .system(error, field: nil)
        }
        // Version 1's freezer holds processes even against SIGKILL.
        if let directory = directory(of: "freezer") { try LegacyFreezer(directory: directory).thaw() }
        return true
    }

    /// Rounds of signals, with the container frozen so that no fork slips through, until nothing is left to signal.
    private func killBySignals() throws(CgroupError) {
        for _ in 0..<64 {
            let freezes = (try? freeze()) != nil
            defer { if freezes { try? thaw() } }
            let processes = try pids()
            if processes.isEmpty { return }
            for process in processes {
                do {
                    try sendSignal(9, toProcess: process)
                } catch {
                    if error.errno != .noSuchProcess { throw .system(error, field: nil) }
                }
            }
            if freezes { return }
            pause(microseconds: 1000)
        }
        throw .state("processes of the container go on after 64 rounds of SIGKILL")
    }
}
