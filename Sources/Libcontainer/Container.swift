package import Kernel
package import RuntimeSpec

/// One container: its init process, its cgroup and its state directory.
///
/// Life cycle: `create` makes all of it and leaves the init process set up completely, parked before execve(2); `start`
/// lets it go; the caller, whose child init is, reaps it; `delete` removes what is left. A value that is dropped without
/// `delete` leaves the container as it is, for `load` to find.
///
/// What a crash leaves: before the state file is written, a process that ends by itself because its creator is gone, an
/// empty cgroup and an empty state directory, which `delete` of a loaded container removes. After it, the container.
package struct Container: ~Copyable {
    package let id: String
    /// The init process's number in the caller's PID namespace.
    package let pid: Int32
    private let process: FileDescriptor
    private var terminal: FileDescriptor?

    /// Refers to the init process and becomes readable when it ends; borrowed, valid as long as this value.
    package var pidfd: Int32 { process.rawValue }

    /// Makes the container and its init process. On failure nothing is left: no process, cgroup, mount, state directory.
    package static func create(
        _ spec: Spec, _ options: ContainerOptions, io: ProcessIO
    ) throws(ContainerError) -> Container {
        throw ContainerError(.unimplemented, "create")
    }

    /// Finds a container that this or another process created.
    package static func load(id: String, stateRoot: String) throws(ContainerError) -> Container {
        throw ContainerError(.unimplemented, "load")
    }

    /// The master of init's pseudo-terminal, once; nil without one or when it was taken.
    package mutating func takeTerminal() -> FileDescriptor? {
        terminal.take()
    }

    /// Lets the parked init process execute its program. A program that cannot be executed is an error here, and then
    /// init has ended with the code a shell would give.
    package mutating func start() throws(ContainerError) {
        throw ContainerError(.unimplemented, "start")
    }

    /// Starts a process inside the running container.
    package func exec(_ process: ProcessSpec, io: ProcessIO) throws(ContainerError) -> ContainerProcess {
        throw ContainerError(.unimplemented, "exec")
    }

    /// Sends a signal to init or, if `all`, to every process in the container's cgroup.
    package func kill(signal: Int32, all: Bool) throws(ContainerError) {
        throw ContainerError(.unimplemented, "kill")
    }

    /// Freezes every process of the container.
    package func pause() throws(ContainerError) {
        throw ContainerError(.unimplemented, "pause")
    }

    package func resume() throws(ContainerError) {
        throw ContainerError(.unimplemented, "resume")
    }

    /// Changes limits; fields that are absent stay as they are.
    package func update(_ resources: Resources) throws(ContainerError) {
        throw ContainerError(.unimplemented, "update")
    }

    /// The numbers of all processes of the container, in the caller's PID namespace.
    package func pids() throws(ContainerError) -> [Int32] {
        throw ContainerError(.unimplemented, "pids")
    }

    /// Whether the container is created, running, paused or stopped.
    package func status() throws(ContainerError) -> ContainerStatus {
        throw ContainerError(.unimplemented, "status")
    }

    /// Removes the cgroup and the state directory. A container that still runs is refused unless `force`, which kills it.
    /// Repeating a `delete` that failed or was interrupted is safe.
    package mutating func delete(force: Bool) throws(ContainerError) {
        throw ContainerError(.unimplemented, "delete")
    }
}
