internal import Kernel
internal import RuntimeSpec

/// Hands the descriptor of a process's seccomp listener to whoever answers for the calls that its filter passes on.
/// Specification: config-linux.md, "The Container Process State".
struct ListenerDelivery {
    let listener: SeccompListener
    /// The container's, as of now.
    let state: State

    /// Takes `number` out of a process that waits for it, and sends it over a new connection.
    func deliver(_ number: Int32, of pid: Int32, _ pidfd: Int32) throws(ContainerError) {
        let message = ContainerProcessState(
            ociVersion: state.ociVersion, fds: ["seccompFd"], pid: pid, metadata: listener.metadata, state: state)
        var bytes = JSONWriter.bytes(of: message)[...]
        do {
            let descriptor = try takeDescriptor(number, of: pidfd)
            let socket = try UnixSocket.connect(path: listener.path)
            var passed = [descriptor.rawValue]
            while !bytes.isEmpty {
                bytes = bytes.dropFirst(try UnixSocket.send(Array(bytes), descriptors: passed, to: socket))
                passed = []
            }
        } catch {
            throw ContainerError("linux.seccomp.listenerPath: \"\(listener.path)\"", error)
        }
    }
}
