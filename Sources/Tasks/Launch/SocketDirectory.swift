internal import Glibc
internal import Kernel

/// Where the shims' sockets are.
struct SocketDirectory {
    let path: String

    /// Removes sockets on which nobody listens any more.
    func removeDead() {
        guard let stream = opendir(path) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            guard entry.pointee.d_type == UInt8(DT_SOCK) else { continue }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            let socket = path + "/" + name
            do {
                _ = try UnixSocket.connect(path: socket)
            } catch {
                if error.errno == Errno(rawValue: ECONNREFUSED) { unlink(socket) }
            }
        }
    }
}
