import CProtobufC
import CTaskAPI
import Kernel
import TTRPC
import TaskAPI
import Testing

/// A busybox container in a shim's bundle.
extension ShimFixture {
    /// Writes a root file system and a configuration that runs `arguments`.
    func prepareBundle(
        _ arguments: [String], terminal: Bool = false, sharesProcesses: Bool = false, resources: String = "{}"
    ) throws {
        isPrepared = true
        let rootfs = bundle + "/rootfs"
        for directory in ["", "/bin", "/proc", "/dev", "/sys", "/tmp", "/etc"] {
            try Directory.make(rootfs + directory)
        }
        try SmallFile.replace(
            rootfs + "/bin/busybox", with: try SmallFile.read("/bin/busybox", limit: 16 << 20), mode: 0o755)
        let programs = try FileDescriptor.open(rootfs + "/bin", [.readOnly, .directory])
        for name in ["sh", "true", "cat", "echo", "sleep", "head", "seq", "stty", "dd", "kill", "tail"] {
            try makeSymbolicLink(name, in: programs.rawValue, to: "busybox")
        }
        let namespaces =
            (sharesProcesses ? "" : #"{"type":"pid"},"#)
            + #"{"type":"mount"},{"type":"ipc"},{"type":"uts"},{"type":"network"}"#
        let configuration = """
            {"ociVersion":"1.0.2","root":{"path":"rootfs"},"hostname":"box","process":\(Self.process(arguments, terminal: terminal)),
            "mounts":[{"destination":"/proc","type":"proc","source":"proc"},
            {"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","mode=755","size=65536k"]},
            {"destination":"/dev/pts","type":"devpts","source":"devpts",
            "options":["nosuid","noexec","newinstance","ptmxmode=0666","mode=0620"]}],
            "linux":{"cgroupsPath":"/\(id)","namespaces":[\(namespaces)],"resources":\(resources)}}
            """
        try SmallFile.replace(bundle + "/config.json", with: Array(configuration.utf8))
    }

    /// A process of the runtime specification, as JSON.
    static func process(_ arguments: [String], terminal: Bool = false) -> String {
        let list = arguments.map { argument in
            "\"" + argument.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
        }
        return """
            {"terminal":\(terminal),"user":{"uid":0,"gid":0},"args":[\(list.joined(separator: ","))],
            "env":["PATH=/bin"],"cwd":"/","noNewPrivileges":true}
            """
    }

    /// Creates the container; answers its init's process number.
    @discardableResult
    func create(
        _ stdio: StdioRequest = StdioRequest(), options: ((inout MessageWriter) -> Void)? = nil
    ) throws -> UInt32 {
        let answer = try call("Create", ShimRequest.create(id, bundle: bundle, stdio: stdio, options: options))
        return Self.read(answer, containerd__task__v2__create_task_response__unpack) { $0.pid } ?? 0
    }

    @discardableResult
    func start(_ execID: String = "") throws -> UInt32 {
        let answer = try call("Start", ShimRequest.process(id, execID))
        return Self.read(answer, containerd__task__v2__start_response__unpack) { $0.pid } ?? 0
    }

    func waitForExit(_ execID: String = "") throws -> UInt32? {
        let answer = try call("Wait", ShimRequest.process(id, execID))
        return Self.read(answer, containerd__task__v2__wait_response__unpack) { $0.exit_status }
    }

    func status(_ execID: String = "") throws -> UInt32? {
        let answer = try call("State", ShimRequest.process(id, execID))
        return Self.read(answer, containerd__task__v2__state_response__unpack) { $0.status.rawValue }
    }

    func exec(_ execID: String, _ arguments: [String], stdio: StdioRequest = StdioRequest()) throws {
        try call(
            "Exec",
            ShimRequest.exec(id, execID, spec: Self.process(arguments, terminal: stdio.terminal), stdio: stdio))
    }

    /// Topics of the events so far, once there are `count`.
    func topics(_ count: Int) throws -> [String] {
        try wait("\(count) events") { [unowned self] in events.count >= count }
        return events.map(\.topic)
    }

    /// Reads a response with protobuf-c itself.
    static func read<Message, Value>(
        _ payload: [UInt8],
        _ unpack: (UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?) -> UnsafeMutablePointer<
            Message
        >?, _ body: (Message) -> Value
    ) -> Value? {
        let storage = payload.isEmpty ? [0] : payload
        guard let message = storage.withUnsafeBufferPointer({ unpack(nil, payload.count, $0.baseAddress) }) else {
            return nil
        }
        defer {
            protobuf_c_message_free_unpacked(
                UnsafeMutableRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self), nil)
        }
        return body(message.pointee)
    }
}

/// A client's side of a stream's FIFO.
final class FifoEnd {
    private var descriptor: FileDescriptor?
    private(set) var received: [UInt8] = []
    private(set) var hasEnded = false

    /// Makes the FIFO if it is not there and opens the end that a client has.
    init(_ path: String, _ mode: Fifo.Mode = .reading) throws {
        try? Fifo.make(path)
        descriptor = try Fifo.open(path, mode)
    }

    var text: String { String(decoding: received, as: UTF8.self) }

    /// Reads what is there; answers whether the stream has ended.
    func drain() -> Bool {
        guard let raw = descriptor?.rawValue else { return hasEnded }
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            switch try? buffer.withUnsafeMutableBytes({ try Transfer.read(raw, into: $0) }) {
            case .moved(let count): received += buffer[..<count]
            case .ended:
                hasEnded = true
                return true
            case .wouldBlock, nil: return false
            }
        }
    }

    func write(_ text: String) throws {
        guard let raw = descriptor?.rawValue else { return }
        _ = try Array(text.utf8).withUnsafeBytes { try Transfer.write($0, to: raw) }
    }

    func close() { descriptor = nil }
}
