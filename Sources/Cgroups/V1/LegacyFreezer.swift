internal import Kernel

/// The version 1 freezer. See the kernel's document "Cgroup Freezer".
struct LegacyFreezer {
    let directory: ControlDirectory

    /// While processes fork, or stop under a tracer, the kernel may report FREEZING for ever: it is told again, and now
    /// and then everything is thawed for a moment, so that what stands in the way can move on.
    func freeze() throws(CgroupError) {
        do {
            for attempt in 0..<500 {
                if attempt % 50 == 49 {
                    try directory.write("freezer.state", "THAWED")
                    pause(microseconds: 10_000)
                }
                try directory.write("freezer.state", "FROZEN")
                if attempt % 25 == 24 { pause(microseconds: 1000) }
                for _ in 0..<4 {
                    if try directory.text("freezer.state") == "FROZEN\n" { return }
                    pause(microseconds: 20)
                }
            }
        } catch {
            try? directory.write("freezer.state", "THAWED")
            throw .system(error, field: nil)
        }
        try? directory.write("freezer.state", "THAWED")
        throw .state("the processes in \"\(directory.path)\" could not be frozen")
    }

    func thaw() throws(CgroupError) {
        do {
            try directory.write("freezer.state", "THAWED")
        } catch {
            throw .system(error, field: nil)
        }
    }

    func state() throws(CgroupError) -> CgroupManager.FreezerState {
        do {
            return try directory.text("freezer.state") == "THAWED\n" ? .thawed : .frozen
        } catch {
            // A container that is gone is not frozen.
            if error.errno == .noSuchFile || error.errno == .noDevice { return .thawed }
            throw .system(error, field: nil)
        }
    }
}
