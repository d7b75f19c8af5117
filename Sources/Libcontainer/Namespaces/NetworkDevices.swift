internal import Kernel
internal import RuntimeSpec

/// Network devices of the host that a container gets. Specification: config-linux.md, "Network Devices".
///
/// What the kernel does with them when the container's namespace goes is what becomes of them after any crash: physical
/// ones return to the host, virtual ones go.
enum NetworkDevices {
    /// Moves them from the caller's network namespace into that of `process`, with their lasting addresses, and raises
    /// them.
    static func move(
        _ devices: [String: LinuxNetDevice], to process: Int32, hostProc: Int32
    ) throws(ContainerError) {
        do {
            let namespace = try FileDescriptor.open("\(process)/ns/net", .readOnly, beneath: hostProc)
            let outside = try RouteSocket()
            let inside = try socket(in: namespace.rawValue, hostProc)
            for (name, device) in devices.sorted(by: { $0.key < $1.key }) {
                try move(name, to: device.name ?? name, of: namespace.rawValue, outside, inside)
            }
        } catch {
            throw ContainerError("linux.netDevices", error)
        }
    }

    private static func move(
        _ name: String, to newName: String, of namespace: Int32, _ outside: borrowing RouteSocket,
        _ inside: borrowing RouteSocket
    ) throws(SystemCallError) {
        do throws(SystemCallError) {
            let index = try outside.index(of: name)
            let addresses = try outside.addresses(of: index)
            try outside.move(index, to: namespace, name: newName)
            let newIndex = try inside.index(of: newName)
            for address in addresses { try inside.add(address, to: newIndex) }
            try inside.raise(newIndex)
        } catch {
            throw SystemCallError(error.operation, on: name, errno: error.errno)
        }
    }

    /// A socket stays in the namespace that it was made in.
    private static func socket(in namespace: Int32, _ hostProc: Int32) throws(SystemCallError) -> RouteSocket {
        let own = try FileDescriptor.open("self/ns/net", .readOnly, beneath: hostProc)
        try joinNamespaces(namespace, .network)
        do throws(SystemCallError) {
            let socket = try RouteSocket()
            try joinNamespaces(own.rawValue, .network)
            return socket
        } catch {
            try joinNamespaces(own.rawValue, .network)
            throw error
        }
    }
}
