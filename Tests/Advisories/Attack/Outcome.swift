internal import Glibc
internal import Kernel

/// How a program of the host ended, and what it said.
struct Outcome {
    let code: Int32
    let output: String
    let errors: String

    struct TooSlow: Error {
        let command: [String]
    }

    /// The longest that any program of these tests may take, in milliseconds.
    private static let longest: Int32 = 60_000

    /// Runs a program to its end with its output in files of `directory`. The first of `arguments` is its path.
    static func of(
        _ arguments: [String], in directory: String, inheriting extra: [Int32] = [],
        environment: [String] = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
    ) throws -> Outcome {
        let name = directory + "/out-\(UInt64.random(in: 0 ... .max))"
        defer {
            unlink(name)
            unlink(name + ".err")
        }
        let output = try FileDescriptor.open(name, [.writeOnly, .create], mode: 0o600)
        let errors = try FileDescriptor.open(name + ".err", [.writeOnly, .create], mode: 0o600)
        let null = try FileDescriptor.open("/dev/null", .readOnly)
        let process = try HostProgram.spawn(
            arguments[0], arguments: arguments, environment: environment,
            descriptors: [null.rawValue, output.rawValue, errors.rawValue] + extra, session: true)
        let pidfd = try openProcess(process)
        if try !waitUntilReadable(pidfd.rawValue, milliseconds: longest) {
            try? sendSignal(SignalNumber.kill, to: pidfd.rawValue)
            _ = try ChildExit.wait(for: process)
            throw TooSlow(command: arguments)
        }
        let exit = try ChildExit.wait(for: process)
        return Outcome(
            code: Int32(exit.status), output: try SmallFile.text(name, limit: 64 << 20),
            errors: try SmallFile.text(name + ".err", limit: 64 << 20))
    }
}
