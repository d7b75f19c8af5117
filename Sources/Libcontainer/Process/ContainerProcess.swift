package import Kernel

/// A process that was put into a running container. It is a child of the process that called `Container.exec`, who
/// reaps it.
package struct ContainerProcess: ~Copyable {
    /// The process's number in the caller's PID namespace.
    package let pid: Int32
    /// Becomes readable when the process ends. See pidfd_open(2).
    package let pidfd: FileDescriptor
    private var terminal: FileDescriptor?

    init(pid: Int32, pidfd: consuming FileDescriptor, terminal: consuming FileDescriptor?) {
        self.pid = pid
        self.pidfd = pidfd
        self.terminal = terminal
    }

    /// The master of the process's pseudo-terminal, once; nil without one or when it was taken.
    package mutating func takeTerminal() -> FileDescriptor? {
        terminal.take()
    }
}
