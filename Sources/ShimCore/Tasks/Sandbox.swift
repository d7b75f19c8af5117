package import TTRPC
package import TaskAPI

/// A group of containers with a life of its own, which a shim is once a daemon has created it: pure.
///
/// It has no process but the shim: its containers bring their namespaces with them. It keeps the shim alive while it is
/// without containers, from `create` to the shim's shutdown. A daemon that dies finds it as it was; a shim that dies
/// takes it along.
package struct Sandbox: Hashable, Sendable {
    package enum Phase: Hashable, Sendable {
        case created
        case ready
        /// Its containers are being ended.
        case stopping
        case stopped(ProcessExit)
    }

    package let id: String
    package let created: Instant
    /// The cgroup that its containers' are in, as the CRI names it; empty where the daemon has not told.
    package let cgroupParent: String
    package private(set) var phase = Phase.created
    /// Calls that are held until it has stopped.
    private var waits: [ProcessTable.Waiter] = []
    private var stops: [ProcessTable.Waiter] = []

    package init(id: String, created: Instant, cgroupParent: String = "") {
        self.id = id
        self.cgroupParent = cgroupParent
        self.created = created
    }

    /// As the CRI names it.
    package var state: String { phase == .ready ? "SANDBOX_READY" : "SANDBOX_NOTREADY" }

    package var exit: ProcessExit? {
        if case .stopped(let exit) = phase { exit } else { nil }
    }

    package mutating func start() throws(Status) {
        guard phase == .created else {
            throw Status(.failedPrecondition, "sandbox \"\(id)\": was started already")
        }
        phase = .ready
    }

    /// The exit, when it has stopped; otherwise the waiter is kept.
    package mutating func wait(_ waiter: ProcessTable.Waiter) -> ProcessExit? {
        if exit == nil { waits.append(waiter) }
        return exit
    }

    /// Whether its containers are to be ended; not when it has stopped.
    package mutating func stop(_ waiter: ProcessTable.Waiter) -> Bool {
        guard exit == nil else { return false }
        phase = .stopping
        stops.append(waiter)
        return true
    }

    /// Its last container has ended, or it is given up.
    /// - Returns: whom to answer with the exit, and whom with nothing.
    package mutating func stopped(at time: Instant) -> (waits: [ProcessTable.Waiter], stops: [ProcessTable.Waiter]) {
        guard exit == nil else { return ([], []) }
        phase = .stopped(ProcessExit(status: 0, time: time))
        defer { (waits, stops) = ([], []) }
        return (waits, stops)
    }
}
