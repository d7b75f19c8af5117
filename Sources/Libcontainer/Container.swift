internal import Cgroups
package import Kernel
internal import RuntimeSpec

/// One container: its init process, its cgroup and its state directory.
///
/// Life cycle: `create` makes all of it and leaves the init process set up completely, parked before execve(2); `start`
/// lets it go; the caller, whose child init is, reaps it; `delete` removes what is left. A value that is dropped
/// without `delete` leaves the container as it is, for `load` to find.
///
/// What a crash leaves: before the state file is written, a process that ends by itself because its creator is gone, an
/// empty cgroup and a state directory without state, which `delete` of a loaded container removes. After it, the
/// container; a parked init ends with its creator unless other processes may start it.
package struct Container: ~Copyable {
    let state: ContainerState
    let directory: StateDirectory
    let cgroups: CgroupManager
    /// Nil when init had ended before this value was loaded.
    let process: FileDescriptor?
    /// To the parked init process, if only this value can start it.
    var starter: Channel?
    private var terminal: FileDescriptor?
    let filter: SystemCallFilter?

    package var id: String { state.id }

    /// The init process's number in the caller's PID namespace.
    package var pid: Int32 { state.pid }

    /// Refers to the init process and becomes readable when it ends; borrowed, valid as long as this value. -1 for a
    /// loaded container whose init has ended.
    package var pidfd: Int32 {
        switch process {
        case .some(let process): process.rawValue
        case .none: -1
        }
    }

    package var bundle: String { state.bundle }
    package var rootfs: String { state.rootfs }
    package var annotations: [String: String] { state.annotations }
    /// Seconds since 1970.
    package var created: Int64 { state.created }

    /// A container that was just made.
    init(
        _ state: ContainerState, _ directory: consuming StateDirectory, _ cgroups: CgroupManager,
        _ new: consuming NewProcess, filter: SystemCallFilter?, isAttached: Bool
    ) {
        self.state = state
        self.directory = directory
        self.cgroups = cgroups
        self.filter = filter
        let numbers = new.keep()
        process = FileDescriptor(owning: numbers.pidfd)
        let channel = Channel(FileDescriptor(owning: numbers.channel))
        if isAttached { starter = consume channel } else { starter = nil }
        terminal = numbers.terminal.map { FileDescriptor(owning: $0) }
    }

    /// A container that another value, perhaps of another process, stands for, too.
    init(
        loaded state: ContainerState, _ directory: consuming StateDirectory, process: consuming FileDescriptor?
    ) throws(ContainerError) {
        let cgroups = try Self.cgroups(of: state)
        let filter = try directory.readFilter()
        self.cgroups = cgroups
        self.filter = filter
        self.state = state
        self.directory = directory
        self.process = process
        starter = nil
        terminal = nil
    }

    /// A container that was just restored.
    init(
        restored state: ContainerState, _ directory: consuming StateDirectory, _ cgroups: CgroupManager,
        _ restored: consuming RestoredProcess, filter: SystemCallFilter?
    ) {
        self.state = state
        self.directory = directory
        self.cgroups = cgroups
        self.filter = filter
        let numbers = restored.keep()
        process = FileDescriptor(owning: numbers.pidfd)
        starter = nil
        terminal = numbers.terminal.map { FileDescriptor(owning: $0) }
    }

    static func cgroups(of state: ContainerState) throws(ContainerError) -> CgroupManager {
        do {
            return try CgroupManager(loading: state.cgroups, unit: state.unit)
        } catch {
            throw ContainerError("container \"\(state.id)\"", error)
        }
    }

    /// The master of init's pseudo-terminal, once; nil without one or when it was taken.
    package mutating func takeTerminal() -> FileDescriptor? {
        terminal.take()
    }
}
