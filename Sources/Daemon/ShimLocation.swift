internal import Glibc
internal import Model

/// Where the shim's program is.
enum ShimLocation {
    private static let name = "containerd-shim-berth-v1"
    /// Where builds and packages put it, when it is not beside berthd.
    private static let directories = ["/usr/local/bin", "/usr/local/libexec/berth", "/usr/libexec/berth", "/usr/bin"]

    /// The path of the running program. See proc_pid_exe(5).
    static var ownProgram: String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : CommandLine.arguments[0]
    }

    /// - Parameter configured: the path an administrator chose; empty for none.
    /// - Throws: `notFound` saying where it was looked for.
    static func find(_ configured: String) throws(Failure) -> String {
        guard configured.isEmpty else {
            guard access(configured, X_OK) == 0 else {
                throw Failure(.notFound, "shim \"\(configured)\": not an executable file: see tasks.shim")
            }
            return configured
        }
        let own = ownProgram.split(separator: "/").dropLast().map { "/" + $0 }.joined()
        for directory in [own] + directories {
            let path = directory + "/" + name
            if access(path, X_OK) == 0 { return path }
        }
        let places = ([own] + directories).joined(separator: ", ")
        throw Failure(.notFound, "shim \"\(name)\": not in \(places): set tasks.shim to its path")
    }
}
