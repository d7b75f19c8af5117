internal import Cgroups
internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

/// What the shim holds for one container: its processes in the kernel, their streams.
final class ContainerRecord {
    /// An exec, from its preparation on.
    struct Exec {
        let spec: ProcessSpec
        let stdio: ProcessStdio
    }

    let id: String
    var container: Container
    let stdio: ProcessStdio
    /// Whether the kernel ends all of the container's processes with its init. Otherwise the shim does.
    let hasOwnProcesses: Bool
    /// Whether it was made from a checkpoint and stands still until it is started.
    var isRestored = false
    /// While it is being written.
    var checkpoint: CheckpointRun?
    var execs: [String: Exec] = [:]
    var memory: OOMNotifier?
    var memoryWatch: EventLoop.Watch?

    init(id: String, container: consuming Container, stdio: ProcessStdio, hasOwnProcesses: Bool) {
        self.id = id
        self.container = container
        self.stdio = stdio
        self.hasOwnProcesses = hasOwnProcesses
    }

    func stdio(of execID: String) -> ProcessStdio? {
        execID.isEmpty ? stdio : execs[execID]?.stdio
    }
}
