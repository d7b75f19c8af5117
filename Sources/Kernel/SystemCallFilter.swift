internal import CLinux

/// A program that the kernel runs before each system call. See seccomp(2) and the kernel's document "Seccomp BPF".
package struct SystemCallFilter: Sendable, Equatable {
    /// `struct sock_filter` each, in the machine's byte order.
    package let instructions: [UInt64]

    /// `SECCOMP_FILTER_FLAG_*`.
    package let flags: UInt32

    package init(instructions: [UInt64], flags: UInt32) {
        self.instructions = instructions
        self.flags = flags
    }

    /// Whether the kernel knows all of the flags.
    package static func isKnown(flags: UInt32) -> Bool { berth_seccomp_knows(flags) == 1 }

    /// Puts the calling thread, and what it starts from now on, under the filter; there is no way back. Needs
    /// no_new_privs or CAP_SYS_ADMIN. May be called between a fork-like clone and execve.
    ///
    /// Answers the listener's descriptor if the flags ask for one.
    package func load() throws(SystemCallError) -> FileDescriptor? {
        let count = UInt16(clamping: instructions.count)
        let answer = instructions.withUnsafeBufferPointer { berth_seccomp_load($0.baseAddress, count, flags) }
        if answer == -1 { throw SystemCallError("seccomp") }
        return answer > 0 ? FileDescriptor(owning: answer) : nil
    }
}
