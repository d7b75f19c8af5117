import Foundation
import Glibc

/// Debian's docker-registry on a loopback port of its own, without TLS, with its blobs below a directory.
final class ImageRegistry {
    /// `HOST:PORT`, as the beginning of an image's name.
    let host: String
    private let tool: RunningTool

    enum Fault: Error {
        case notServing(String)
    }

    /// Starts one and waits until it listens.
    init(in directory: String) async throws {
        host = "127.0.0.1:\(try Self.freePort())"
        let configuration = """
            version: 0.1
            storage: {filesystem: {rootdirectory: \(directory)/registry}}
            http: {addr: \(host)}
            """
        let path = directory + "/registry.yml"
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: path))
        let tool = try RunningTool("/usr/bin/docker-registry", ["serve", path])
        self.tool = tool
        let serves = await eventually { tool.errorsSoFar.contains("listening on") || !tool.isRunning }
        guard serves, tool.isRunning else { throw Fault.notServing(tool.errorsSoFar) }
    }

    deinit { tool.signal(SIGKILL) }

    /// One that nobody listens on now; that nobody else takes it at once is the kernel's habit.
    private static func freePort() throws -> UInt16 {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let found = withUnsafeMutablePointer(to: &name) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(socket, name, length) == 0 && getsockname(socket, name, &length) == 0
            }
        }
        guard found else { throw Fault.notServing("no free port: \(errno)") }
        return UInt16(bigEndian: name.sin_port)
    }
}
