internal import CLinux

/// The running program, on a read-only mount of its own.
///
/// A process that enters a container shows its program there as /proc/PID/exe, and whoever is root inside can open that
/// file, even for writing once the process is gone (CVE-2019-5736). A program that was executed from a detached,
/// read-only copy of its mount cannot be opened for writing from anywhere but the host's own paths. The mount lives as
/// long as a process runs from it or the descriptor is open; a crash leaves nothing.
package enum SealedExecutable {
    /// A descriptor of this program's file on such a mount, for execveat(2): close-on-exec, which is fine for programs
    /// that are no scripts. Needs CAP_SYS_ADMIN.
    package static func open(_ path: String = "/proc/self/exe") throws(SystemCallError) -> FileDescriptor {
        let copy = try cloneMount(path, recursive: false)
        try setMountAttributes(copy.rawValue, set: .readOnly)
        return copy
    }

    /// Executes this program again from such a mount, with the same arguments, unless it runs from a read-only one
    /// already. Where the kernel refuses to make the mount, as to an unprivileged user, the program goes on as it is.
    package static func reexecute(arguments: [String]) throws(SystemCallError) {
        let own = try FileDescriptor.open("/proc/self/exe", .pathOnly)
        if try isOnReadOnlyMount(own.rawValue) { return }
        let sealed: FileDescriptor
        do {
            sealed = try open()
        } catch {
            guard error.errno == .notPermitted || error.errno == .notImplemented else { throw error }
            return
        }
        throw execute(descriptor: sealed.rawValue, StringVector(arguments), StringVector(environment()))
    }
}
