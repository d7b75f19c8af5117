internal import Kernel

/// Places where a test makes this process die, to see what is left behind and cleared away after it: one follows each
/// step that leaves something outside the process.
///
/// The variable `BERTH_FAILPOINTS` names one as it does for the supervisor: `container.create.cloned=kill` is SIGKILL
/// to this process at that very line, `...=kill:3` at the third time the line is reached. Names of other programs are
/// passed over. Without the variable a failpoint is one comparison.
package protocol Failpoint: RawRepresentable<String>, CaseIterable, Sendable {}

extension Failpoint {
    package func reach() {
        guard ArmedFailpoint.isArmed else { return }
        ArmedFailpoint.reach(rawValue)
    }
}

/// The one failpoint of this process. Lean processes have one thread.
private enum ArmedFailpoint {
    private static let armed = parse(environment().last { $0.hasPrefix("BERTH_FAILPOINTS=") })
    nonisolated(unsafe) private static var hits = 0

    static var isArmed: Bool { armed != nil }

    static func reach(_ name: String) {
        guard let armed, armed.name == name else { return }
        hits += 1
        if hits == armed.countdown { try? sendSignal(SignalNumber.kill, toProcess: currentProcess()) }
    }

    private static func parse(_ variable: String?) -> (name: String, countdown: Int)? {
        guard let entry = variable?.drop(while: { $0 != "=" }).dropFirst(), let equals = entry.firstIndex(of: "=")
        else { return nil }
        let action = entry[entry.index(after: equals)...].split(separator: ":")
        guard action.first == "kill" else { return nil }
        return (String(entry[..<equals]), action.count == 2 ? Int(action[1]) ?? 1 : 1)
    }
}

/// The steps of a container's life.
package enum ContainerFailpoint: String, Failpoint {
    case directoryMade = "container.create.directory-made"
    case reserved = "container.create.reserved"
    case unifiedCgroupMade = "container.create.unified-cgroup-made"
    case cloned = "container.create.cloned"
    case cgroupsMade = "container.create.cgroups-made"
    case admitted = "container.create.admitted"
    case recorded = "container.create.recorded"
    case mounted = "container.create.mounted"
    case limited = "container.create.limited"
    case parked = "container.create.parked"
    case created = "container.create.unlocked"
    case starting = "container.start.begun"
    case released = "container.start.released"
    case execCloned = "container.exec.cloned"
    case execRuns = "container.exec.runs"
    case signalled = "container.kill.signalled"
    case deleting = "container.delete.begun"
    case ended = "container.delete.ended"
    case cgroupRemoved = "container.delete.cgroup-removed"
    case stateRemoved = "container.delete.state-removed"
    case deleted = "container.delete.directory-removed"
}
