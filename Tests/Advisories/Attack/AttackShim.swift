internal import Glibc
internal import Kernel
internal import TTRPC
internal import TaskAPI
internal import Testing

/// A shim that serves an attacked bundle, and a client of it that waits for each answer.
final class AttackShim {
    private let id: String
    private let process: Int32
    private let socket: FileDescriptor
    private var connection = ClientConnection()

    struct Refused: Error {
        let method: String
        let reason: String
    }

    /// Starts `program` as berthd does, with a bundle's directory as its own.
    init(_ program: String, bundle: AttackBundle) throws {
        id = bundle.id
        let path = bundle.directory + "/shim.sock"
        let listener = try UnixSocket.listen(path: path)
        let null = try FileDescriptor.open("/dev/null", .readWrite)
        let log = try FileDescriptor.open(bundle.directory + "/shim.log", [.writeOnly, .create, .append])
        process = try HostProgram.spawn(
            program,
            arguments: [
                program, "-namespace", "advisories", "-id", bundle.id, "-address", bundle.directory + "/d.sock",
                "-listen-fd", "3",
            ], environment: ["TTRPC_ADDRESS=" + bundle.directory + "/events"],
            descriptors: [null.rawValue, log.rawValue, log.rawValue, listener.rawValue], session: true,
            directory: bundle.directory)
        socket = try UnixSocket.connect(path: path)
    }

    deinit {
        _ = try? call("Kill", signalling(9, all: true))
        try? sendSignal(SignalNumber.kill, toProcess: process)
        _ = try? ChildExit.wait(for: process)
    }

    // MARK: Calls

    func create(in bundle: AttackBundle) throws {
        var request = MessageWriter()
        request.text(1, id)
        request.text(2, bundle.directory)
        try call("Create", request.bytes)
    }

    func start(_ execID: String = "") throws {
        try call("Start", named(execID))
    }

    /// Runs `process`, a JSON document, to its end; answers its exit code.
    func exec(_ execID: String, _ process: String) throws -> UInt64? {
        var request = MessageWriter()
        request.text(1, id)
        request.text(2, execID)
        request.message(7) {
            $0.text(1, TypeName.process)
            $0.text(2, process)
        }
        try call("Exec", request.bytes)
        defer { _ = try? call("Delete", named(execID)) }
        try start(execID)
        // WaitResponse: the first field is the exit status.
        let answer = try call("Wait", named(execID))
        return answer.first == 0x08 ? UInt64(answer[1]) : 0
    }

    func delete() throws {
        _ = try? call("Kill", signalling(9, all: true))
        _ = try? call("Wait", named(""))
        try call("Delete", named(""))
    }

    private func named(_ execID: String) -> [UInt8] {
        var request = MessageWriter()
        request.text(1, id)
        request.text(2, execID)
        return request.bytes
    }

    private func signalling(_ signal: UInt64, all: Bool) -> [UInt8] {
        var request = MessageWriter()
        request.text(1, id)
        request.number(3, signal)
        request.number(4, all ? 1 : 0)
        return request.bytes
    }

    @discardableResult
    private func call(_ method: String, _ payload: [UInt8]) throws -> [UInt8] {
        let call = try connection.call(Request(service: "containerd.task.v2.Task", method: method, payload: payload))
        try call.bytes.withUnsafeBytes { _ = try Transfer.send($0, to: socket.rawValue) }
        var buffer = [UInt8](repeating: 0, count: 65536)
        while try waitUntilReadable(socket.rawValue, milliseconds: 20_000) {
            guard
                case .moved(let count) = try buffer.withUnsafeMutableBytes({
                    try Transfer.read(socket.rawValue, into: $0)
                })
            else { break }
            buffer[..<count].withUnsafeBytes { connection.receive($0) }
            while let answer = connection.nextAnswer(), answer.stream == call.stream {
                switch answer.response {
                case .success(let payload): return payload
                case .failure(let status): throw Refused(method: method, reason: "\(status)")
                }
            }
        }
        throw Refused(method: method, reason: "no answer")
    }
}
