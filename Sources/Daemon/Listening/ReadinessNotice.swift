internal import Glibc

/// Tells the service manager how far this process is, when there is one. See sd_notify(3).
struct ReadinessNotice {
    private let address: String?

    /// Takes the socket's address out of the environment, so that no child sends notices in our name.
    init() {
        address = getenv("NOTIFY_SOCKET").map { String(cString: $0) }
        unsetenv("NOTIFY_SOCKET")
    }

    func send(_ state: String) {
        guard let address, address.utf8.count > 1, address.utf8.count < 108 else { return }
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return }
        defer { close(socket) }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { path in
            path.copyBytes(from: address.utf8)
            // The service manager's abstract addresses are written with an @.
            if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + address.utf8.count)
        let bytes = Array(state.utf8)
        withUnsafePointer(to: &name) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                _ = sendto(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL), name, length)
            }
        }
    }
}
