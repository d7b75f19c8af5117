internal import Glibc
internal import Model

/// An OCI runtime with runc's command line.
struct RuntimeContender: Sendable {
    let name: String
    /// The program and its global options.
    let command: [String]

    func container(_ number: Int) -> String {
        "\(currentProcess())-\(name)-\(number)"
    }

    /// Starts a container that stays. - Returns: the number of its init process.
    func start(_ container: String, bundle: String) throws -> String {
        let file = bundle + "/init.pid"
        _ = try ProgramRun.time(
            command + ["run", "--detach", "--bundle", bundle, "--pid-file", file, container])
        return try TextFile.lines(of: file).first.map(String.init) ?? ""
    }

    func delete(_ container: String) throws {
        _ = try ProgramRun.time(command + ["delete", "--force", container])
    }
}

func currentProcess() -> Int32 {
    getpid()
}
