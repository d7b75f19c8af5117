internal import Cgroups
internal import Kernel
package import RuntimeSpec

extension Container {
    /// Finds a container that this or another process created. One that was only half made when its creator died is
    /// found, too: stopped, to be deleted.
    package static func load(id: String, stateRoot: String) throws(ContainerError) -> Container {
        let directory = try StateDirectory.open(id: id, stateRoot: stateRoot)
        guard !directory.isLocked else {
            throw ContainerError(.unavailable, "container \"\(id)\" is being created")
        }
        guard let state = try directory.readState() else {
            // Nothing but the name was ever made.
            try directory.remove()
            throw ContainerError(.notFound, "container \"\(id)\" does not exist")
        }
        return try Container(loaded: state, directory, process: openInit(state))
    }

    /// Finds a container whose creator is known to be gone, and waits until no process of its goes on creating: an init
    /// that was being set up ends by itself or is killed, as it holds what its creator had locked.
    package static func loadAbandoned(id: String, stateRoot: String) throws(ContainerError) -> Container {
        try endCreation(StateDirectory.open(id: id, stateRoot: stateRoot))
        return try load(id: id, stateRoot: stateRoot)
    }

    private static func endCreation(_ directory: borrowing StateDirectory) throws(ContainerError) {
        let deadline = Clock.milliseconds() + longestEnd
        while directory.isLocked {
            // The init may be on its way into the cgroup, so that one round is not enough.
            if let state = try? directory.readState() { try? cgroups(of: state).kill() }
            guard Clock.milliseconds() < deadline else {
                throw ContainerError(.unavailable, "\(directory.path): a process that sets up the container goes on")
            }
            Kernel.pause(microseconds: 1_000)
        }
    }

    /// In milliseconds.
    private static let longestEnd: Int64 = 10_000

    /// The IDs of all containers below a state root, in no particular order.
    package static func list(stateRoot: String) throws(ContainerError) -> [String] {
        do {
            return try Directory.entries(stateRoot).filter(\.isDirectory).map(\.name).filter { !$0.hasSuffix("~") }
        } catch {
            if error.errno == .noSuchFile { return [] }
            throw ContainerError("list containers", error)
        }
    }

    /// Nil when the process is gone or its number has become another's.
    private static func openInit(_ state: ContainerState) throws(ContainerError) -> FileDescriptor? {
        guard state.pid > 0 else { return nil }
        let hostProc = try HostProc.open()
        do {
            let process = try openProcess(state.pid)
            let identity = try ProcessIdentity.of(process.rawValue, pid: state.pid, hostProc: hostProc.rawValue)
            if identity == state.identity { return process }
            return nil
        } catch {
            if error.errno == .noSuchProcess || error.errno == .noSuchFile || error.errno == .invalidArgument {
                return nil
            }
            throw ContainerError("container \"\(state.id)\"", error)
        }
    }

    /// Whether the container is created, running, paused or stopped.
    package func status() throws(ContainerError) -> ContainerStatus {
        if try hasStopped() { return .stopped }
        switch starter {
        case .some: return .created
        case .none: if directory.hasSocket { return .created }
        }
        do {
            return try cgroups.freezerState == .frozen ? .paused : .running
        } catch {
            throw ContainerError("container \"\(id)\"", error)
        }
    }

    /// Whether init has ended, reaped or not.
    func hasStopped() throws(ContainerError) -> Bool {
        switch process {
        case .none: return true
        case .some(let process):
            do {
                return try hasEnded(process.rawValue)
            } catch {
                throw ContainerError("container \"\(id)\"", error)
            }
        }
    }

    /// The state as the runtime specification has it.
    package func specState() throws(ContainerError) -> State {
        let status = try status()
        return State(
            ociVersion: state.ociVersion, id: id, status: status, pid: status == .stopped ? 0 : pid,
            bundle: bundle, annotations: annotations)
    }
}
