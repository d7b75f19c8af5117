internal import Kernel
internal import RuntimeSpec

/// User namespaces that exist for their mappings only, to be mappings of mounts. See mount_setattr(2).
///
/// Each is made by a process that lives for a moment; the namespace lives as long as this value or a mount uses it.
struct MappingNamespaces: ~Copyable {
    private var made: [(mappings: UserMappings, descriptor: Int32)] = []
    private let hostProc: Int32

    init(hostProc: Int32) {
        self.hostProc = hostProc
    }

    deinit {
        for (_, descriptor) in made { _ = FileDescriptor(owning: descriptor) }
    }

    /// The descriptor of a namespace with these mappings; this value's. `field` is where they stand.
    mutating func namespace(of mappings: UserMappings, field: String) throws(ContainerError) -> Int32 {
        if let known = made.first(where: { $0.mappings == mappings }) { return known.descriptor }
        let descriptor = try make(mappings, field).release()
        made.append((mappings, descriptor))
        return descriptor
    }

    private func make(_ mappings: UserMappings, _ field: String) throws(ContainerError) -> FileDescriptor {
        let ends: (near: Int32, far: Int32)
        do {
            ends = try Channel.pair()
        } catch {
            throw ContainerError("\(field): make user namespace", error)
        }
        defer { for number in [ends.near, ends.far] { _ = FileDescriptor(owning: number) } }
        let number: Int32
        let pidfd: Int32
        do throws(SystemCallError) {
            (number, pidfd) = try Self.startHolder(ends.near, ends.far)
        } catch {
            throw ContainerError("\(field): make user namespace", error)
        }
        let process = FileDescriptor(owning: pidfd)
        defer {
            try? sendSignal(SignalNumber.kill, to: pidfd)
            _ = try? reapProcess(process.rawValue)
        }
        try mappings.write(process: number, hostProc: hostProc, field: field)
        do {
            return try FileDescriptor.open("\(number)/ns/user", .readOnly, beneath: hostProc)
        } catch {
            throw ContainerError("\(field): open user namespace", error)
        }
    }

    /// The number and the pidfd, which is the caller's, of a process in a new namespace that waits for its end.
    private static func startHolder(_ near: Int32, _ far: Int32) throws(SystemCallError) -> (Int32, Int32) {
        switch try cloneProcess(.user) {
        case .child:
            _ = FileDescriptor(owning: near)
            // Ends with its creator's end of the channel.
            _ = try? waitUntilReadable(far, milliseconds: -1)
            exitProcess(0)
        case .parent(let pid, let pidfd): return (pid, pidfd.release())
        }
    }
}
