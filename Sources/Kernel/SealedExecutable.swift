internal import CLinux
internal import CSealing

/// The running program, where nobody can write to it.
///
/// A process that enters a container shows its program there as /proc/PID/exe, and whoever is root inside can open that
/// file, even for writing once the process is gone (CVE-2019-5736). A read-only bind mount does not keep him from it:
/// in a user namespace of his own he may make any mount writable again that is attached nowhere; see mount_setattr(2).
/// So the program is executed from an overlay without an upper layer, a file system that is read-only by its nature, or,
/// where there is none to be had, from a sealed copy in memory; see memfd_create(2). Either lives as long as a process
/// runs from it or the descriptor is open; a crash leaves nothing.
package enum SealedExecutable {
    /// A descriptor of the program's file in such a place, for execveat(2): close-on-exec, which is fine for programs
    /// that are no scripts. Needs CAP_SYS_ADMIN, or else the memory for a copy.
    package static func open(_ path: String = "/proc/self/exe") throws(SystemCallError) -> FileDescriptor {
        do throws(SystemCallError) {
            return try onOverlay(path)
        } catch {
            return try inMemory(path)
        }
    }

    /// Executes this program again from such a place, with the same arguments, unless it runs from one already. The
    /// target CEarlySeal does so before a program's start where it can.
    package static func reexecute(arguments: [String]) throws(SystemCallError) {
        let own = try FileDescriptor.open("/proc/self/exe", .pathOnly)
        if try isOnReadOnlyMount(own.rawValue) { return }
        let readable = try FileDescriptor.open("/proc/self/exe", .readOnly)
        if berth_is_sealed(readable.rawValue) == 1 { return }
        let sealed = try open()
        throw execute(descriptor: sealed.rawValue, StringVector(arguments), StringVector(environment()))
    }

    private static func onOverlay(_ path: String) throws(SystemCallError) -> FileDescriptor {
        FileDescriptor(owning: try checked("open on overlay", on: path) { berth_open_on_overlay(path) })
    }

    private static func inMemory(_ path: String) throws(SystemCallError) -> FileDescriptor {
        let source = try FileDescriptor.open(path, .readOnly)
        let copy = FileDescriptor(
            owning: try checked("memfd_create") {
                memfd_create("berth", UInt32(MFD_CLOEXEC) | UInt32(MFD_ALLOW_SEALING))
            })
        try Kernel.copyContents(from: source.rawValue, to: copy.rawValue)
        try checked("fcntl F_ADD_SEALS") { berth_seal(copy.rawValue) }
        return copy
    }
}
