internal import Kernel

/// A new time namespace for a process about to be born. See time_namespaces(7).
///
/// Its clocks can be set only while no process is in it, so the creator has it for its children for the moment of the
/// birth, as it does with a PID namespace. Nothing changes for the creator itself.
struct TimeNamespace: ~Copyable {
    private let own: FileDescriptor

    private init(own: consuming FileDescriptor) {
        self.own = own
    }

    /// - Parameter offsets: as /proc/PID/timens_offsets takes them.
    static func create(_ offsets: String, hostProc: Int32) throws(ContainerError) -> TimeNamespace {
        let own: FileDescriptor
        do {
            own = try FileDescriptor.open("self/ns/time", .readOnly, beneath: hostProc)
        } catch {
            throw ContainerError("create namespace \"time\"", error)
        }
        let namespace = TimeNamespace(own: own)
        try namespace.enter(offsets, hostProc)
        return namespace
    }

    private borrowing func enter(_ offsets: String, _ hostProc: Int32) throws(ContainerError) {
        do {
            try unshareNamespaces(.time)
        } catch {
            throw ContainerError("create namespace \"time\"", error)
        }
        guard !offsets.isEmpty else { return }
        do {
            try SmallFile.write(offsets, to: "self/timens_offsets", beneath: hostProc)
        } catch {
            try? joinNamespaces(own.rawValue, .time)
            throw ContainerError("linux.timeOffsets", error)
        }
    }

    /// Makes a new one for the calling process itself, which has one thread and may write its own files.
    static func enterNew(_ offsets: String, hostProc: Int32) throws(SetupFailure) {
        try during(.createNamespace, "time") { () throws(SystemCallError) in
            try unshareNamespaces(.time)
            if !offsets.isEmpty { try SmallFile.write(offsets, to: "self/timens_offsets", beneath: hostProc) }
            let own = try FileDescriptor.open("self/ns/time_for_children", .readOnly, beneath: hostProc)
            try joinNamespaces(own.rawValue, .time)
        }
    }

    /// Children are born into the caller's own namespace again.
    consuming func leave() throws(ContainerError) {
        do {
            try joinNamespaces(own.rawValue, .time)
        } catch {
            throw ContainerError("leave namespace \"time\"", error)
        }
    }
}
