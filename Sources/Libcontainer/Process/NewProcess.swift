internal import Cgroups
internal import Kernel

/// A process of the container that was just born, until it either is ready or has failed: ends and reaps it unless
/// `keep` is called.
struct NewProcess: ~Copyable {
    let pid: Int32
    /// Numbers that this value owns: it decides itself when to close them.
    let pidfd: Int32
    private let channel: Int32
    private var terminal: Int32?

    init(pid: Int32, pidfd: consuming FileDescriptor, channel: Int32) {
        self.pid = pid
        self.pidfd = pidfd.release()
        self.channel = channel
    }

    deinit {
        try? sendSignal(SignalNumber.kill, to: pidfd)
        _ = try? reapProcess(pidfd)
        for number in [pidfd, channel, terminal ?? -1] where number >= 0 { _ = FileDescriptor(owning: number) }
    }

    /// A copy of the calling process in new namespaces of the given kinds, in the container's version 2 cgroup where
    /// there is one, which runs `body` with its end of the channel.
    ///
    /// A PID namespace that exists can be joined only for children to come; so the caller enters it for the moment of
    /// the birth, which changes nothing for itself, and needs no process in between.
    ///
    /// - Parameter staysOpen: leaves the process to others of its user until it closes itself, as a creator without
    ///   rights needs to write its files.
    static func clone(
        _ namespaces: NamespaceSet, cgroups: CgroupManager, pidNamespace: Int32?, hostProc: Int32,
        staysOpen: Bool = false, _ body: (Int32) -> Never
    ) throws(ContainerError) -> NewProcess {
        let directory: Int32?
        do {
            directory = try cgroups.openV2Directory()?.release()
        } catch {
            throw ContainerError("open cgroup", error)
        }
        defer { if let directory { _ = FileDescriptor(owning: directory) } }
        do throws(SystemCallError) {
            if !staysOpen { try forbidInspection() }
            guard let pidNamespace else { return try clone(namespaces, cgroup: directory, body) }
            let own = try FileDescriptor.open("self/ns/pid", .readOnly, beneath: hostProc)
            try joinNamespaces(pidNamespace, .pid)
            let new: NewProcess
            do throws(SystemCallError) {
                new = try clone(namespaces, cgroup: directory, body)
            } catch {
                try joinNamespaces(own.rawValue, .pid)
                throw error
            }
            try joinNamespaces(own.rawValue, .pid)
            return new
        } catch {
            throw ContainerError("start process", error)
        }
    }

    private static func clone(
        _ namespaces: NamespaceSet, cgroup: Int32?, _ body: (Int32) -> Never
    ) throws(SystemCallError) -> NewProcess {
        let (near, far) = try Channel.pair()
        defer { _ = FileDescriptor(owning: far) }
        do throws(SystemCallError) {
            switch try cloneProcess(namespaces, cgroup: cgroup) {
            case .child:
                _ = FileDescriptor(owning: near)
                body(far)
            case .parent(let pid, let pidfd):
                return NewProcess(pid: pid, pidfd: pidfd, channel: near)
            }
        } catch {
            _ = FileDescriptor(owning: near)
            throw error
        }
    }

    borrowing func send(_ message: SetupMessage) throws(ContainerError) {
        let channel = Channel(FileDescriptor(owning: self.channel))
        var failure: SystemCallError?
        do {
            try channel.send(message)
        } catch {
            failure = error
        }
        _ = channel.release()
        guard let failure else { return }
        // Why it ended says more than that it did.
        throw lastFailure()?.containerError ?? ContainerError("speak to process \(pid)", failure)
    }

    /// What a process that no longer listens has said of its failure.
    private borrowing func lastFailure() -> SetupFailure? {
        while let message = try? receive() {
            switch message {
            case .failed(let failure): return failure
            case .terminal(let master): _ = FileDescriptor(owning: master)
            case .ended: return nil
            default: continue
            }
        }
        return nil
    }

    private borrowing func receive() throws(SystemCallError) -> SetupMessage {
        let channel = Channel(FileDescriptor(owning: self.channel))
        let result: Result<SetupMessage, SystemCallError>
        do {
            result = .success(try channel.receive())
        } catch {
            result = .failure(error)
        }
        _ = channel.release()
        return try result.get()
    }

    /// What a creator waits for.
    enum Milestone {
        /// The network namespace is there; the process waits.
        case networked
        /// All file systems and devices are there.
        case mounted
        /// Everything is done but execve(2).
        case ready
        /// The process has become its program.
        case executed
    }

    /// `delivery` is for a process whose filter has a listener.
    mutating func wait(for milestone: Milestone, _ delivery: ListenerDelivery? = nil) throws(ContainerError) {
        while true {
            let message: SetupMessage
            do {
                message = try receive()
            } catch {
                throw ContainerError("hear from process \(pid)", error)
            }
            switch message {
            case .networked: if milestone == .networked { return }
            case .mounted: if milestone == .mounted { return }
            case .ready: if milestone == .ready { return }
            case .terminal(let master): terminal = master
            case .listener(let number) where delivery != nil:
                try delivery?.deliver(number, of: pid, pidfd)
                try send(.proceed)
            case .failed(let failure): throw failure.containerError
            case .ended where milestone == .executed: return
            case .ended, .mapped, .placed, .proceed, .born, .listener:
                throw ContainerError(.internal, "process \(pid) ended while it was set up")
            }
        }
    }

    /// Hands everything over to whoever looks after the process from now on: numbers that are the caller's to close.
    consuming func keep() -> (pid: Int32, pidfd: Int32, channel: Int32, terminal: Int32?) {
        let numbers = (pid, pidfd, channel, terminal)
        discard self
        return numbers
    }
}
