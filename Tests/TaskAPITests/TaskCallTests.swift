import CTaskAPI
import TTRPC
import TaskAPI
import Testing

@Suite struct TaskCallTests {
    private func decode(_ method: String, _ payload: [UInt8], version: Int = 2) throws -> TaskCall {
        try TaskCall(Request(service: "containerd.task.v\(version).Task", method: method, payload: payload))
    }

    @Test(arguments: [2, 3]) func `a process is named by container and exec`(_ version: Int) throws {
        let bytes: [UInt8] = [0x0A, 1, 0x63, 0x12, 1, 0x65]
        let process = ProcessReference(id: "c", execID: "e")
        #expect(try decode("State", bytes, version: version) == .state(process))
        #expect(try decode("Start", bytes, version: version) == .start(process))
        #expect(try decode("Delete", bytes, version: version) == .delete(process))
        #expect(try decode("Wait", bytes, version: version) == .wait(process))
    }

    @Test func `a container's calls name the container`() throws {
        let bytes: [UInt8] = [0x0A, 1, 0x63]
        #expect(try decode("Pids", bytes) == .pids(id: "c"))
        #expect(try decode("Pause", bytes) == .pause(id: "c"))
        #expect(try decode("Resume", bytes) == .resume(id: "c"))
        #expect(try decode("Stats", bytes) == .stats(id: "c"))
        #expect(try decode("Connect", bytes) == .connect(id: "c"))
        #expect(try decode("Checkpoint", bytes) == .checkpoint(CheckpointRequest(id: "c", path: "")))
        #expect(try decode("Shutdown", bytes + [0x10, 1]) == .shutdown(id: "c", now: true))
        #expect(try decode("CloseIO", bytes + [0x18, 1]) == .closeIO(ProcessReference(id: "c"), stdin: true))
    }

    @Test func `a checkpoint carries all that runc's options have`() throws {
        let options: [UInt8] =
            [8, 1, 0x10, 1, 0x18, 1, 0x20, 1, 0x28, 1, 0x32, 1, 0x6E, 0x3A, 1, 0x6D, 0x42, 1, 0x69, 0x4A, 1, 0x77]
            + [0x52, 1, 0x70]
        func request(_ type: String) -> [UInt8] {
            let any = [0x0A, UInt8(type.utf8.count)] + Array(type.utf8) + [0x12, UInt8(options.count)] + options
            return [0x0A, 1, 0x63, 0x12, 2, 0x2F, 0x62, 0x1A, UInt8(any.count)] + any
        }
        var expected = CheckpointRequest(id: "c", path: "i")
        expected.exits = true
        expected.openTCP = true
        expected.externalUnixSockets = true
        expected.terminal = true
        expected.fileLocks = true
        expected.emptyNamespaces = ["n"]
        expected.cgroupsMode = "m"
        expected.workPath = "w"
        expected.parentPath = "p"
        #expect(try decode("Checkpoint", request("containerd.runc.v1.CheckpointOptions")) == .checkpoint(expected))
        #expect(throws: Status.self) { try decode("Checkpoint", request("containerd.runc.v1.Options")) }
    }

    @Test func `create carries mounts, streams and options`() throws {
        // rootfs { type "t" source "s" options "a" options "b" }, options Any { "u", 7 }
        let bytes: [UInt8] =
            [0x0A, 1, 0x63, 0x12, 2, 0x2F, 0x62]
            + [0x1A, 12, 0x0A, 1, 0x74, 0x12, 1, 0x73, 0x22, 1, 0x61, 0x22, 1, 0x62]
            + [0x20, 1, 0x2A, 1, 0x69, 0x32, 1, 0x6F, 0x3A, 1, 0x65, 0x52, 6, 0x0A, 1, 0x75, 0x12, 1, 7]
        guard case .create(let request) = try decode("Create", bytes) else {
            Issue.record("expected create")
            return
        }
        #expect(request.id == "c")
        #expect(request.bundle == "/b")
        #expect(request.rootfs == [RootfsMount(type: "t", source: "s", options: ["a", "b"])])
        #expect(request.stdio == StdioRequest(stdin: "i", stdout: "o", stderr: "e", terminal: true))
        #expect(request.options == TypedValue(typeURL: "u", value: [7]))
    }

    @Test func `kill and resize carry their numbers`() throws {
        let name: [UInt8] = [0x0A, 1, 0x63, 0x12, 1, 0x65]
        let process = ProcessReference(id: "c", execID: "e")
        #expect(
            try decode("Kill", name + [0x18, 15, 0x20, 1])
                == .kill(KillRequest(process: process, signal: 15, all: true)))
        #expect(
            try decode("ResizePty", name + [0x18, 80, 0x20, 24])
                == .resize(ResizeRequest(process: process, width: 80, height: 24)))
    }

    @Test func `an empty request is one with every field unset`() throws {
        #expect(try decode("State", []) == .state(ProcessReference(id: "")))
    }

    @Test func `malformed bytes are the caller's fault`() {
        for method in ["Create", "State", "Kill", "Exec", "Update", "Pids"] {
            #expect {
                try decode(method, [0x0A, 200, 1])
            } throws: {
                ($0 as? Status)?.code == .invalidArgument
            }
        }
    }

    @Test func `what is not served is unimplemented`() {
        for (service, method) in [("containerd.task.v2.Task", "Fly"), ("containerd.task.v9.Task", "State")] {
            #expect {
                try TaskCall(Request(service: service, method: method, payload: []))
            } throws: {
                ($0 as? Status)?.code == .unimplemented
            }
        }
    }

    @Test func `no bytes make a request crash`() {
        let methods = ["Create", "Exec", "Update", "Kill", "State", "CloseIO", "Shutdown", "Checkpoint"]
        var state: UInt64 = 88_172_645_463_325_252
        for round in 0..<8000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int(state % 40) {
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                bytes.append(UInt8(truncatingIfNeeded: state >> 24))
            }
            state ^= state << 13
            state ^= state >> 7
            _ = try? decode(methods[round % methods.count], bytes)
        }
    }

    @Test func `runtime options are read and those without effect are named`() throws {
        let bytes: [UInt8] = [0x08, 1, 0x32, 4, 0x72, 0x75, 0x6E, 0x63, 0x40, 1]
        for prefix in ["", "type.googleapis.com/"] {
            let options = try RuntimeOptions(
                decoding: TypedValue(typeURL: prefix + "containerd.runc.v1.Options", value: bytes))
            #expect(options.noPivotRoot)
            #expect(!options.noNewKeyring)
            #expect(options.unsupported == ["binary_name"])
            #expect(options.binaryName == "runc")
        }
        #expect(throws: Status.self) { try RuntimeOptions(decoding: TypedValue(typeURL: "other", value: [])) }
    }

    /// Options in the form that containerd's CRI gives those of a runtime it does not know.
    private func configured(_ body: String, path: String = "") throws -> RuntimeOptions {
        var writer = MessageWriter()
        writer.text(2, path)
        writer.text(3, body)
        return try RuntimeOptions(decoding: TypedValue(typeURL: TypeName.configuredOptions, value: writer.bytes))
    }

    @Test func `a section of the CRI's configuration is read as options`() throws {
        let options = try configured(
            """
            # of the runtime
            NoNewKeyring = true
            ShimCgroup = '/shims'
              IoUid = 7
            IoGid=8
            BinaryName = "/usr/bin/runc"
            CriuPath = ''
            Other = 5

            """, path: "/etc/other.toml")
        #expect(options.noNewKeyring && !options.noPivotRoot && !options.systemdCgroup)
        #expect(options.shimCgroup == "/shims" && options.ioUser == 7 && options.ioGroup == 8)
        #expect(options.binaryName == "/usr/bin/runc")
        #expect(options.unsupported == ["BinaryName", "Other", "config_path"])
        #expect(try configured("") == RuntimeOptions())
    }

    @Test(arguments: ["NoPivotRoot = yes", "IoUid = -1", "ShimCgroup = /x", "ShimCgroup = \"a\\n\"", "word", "[table]"])
    func `a setting that is none is refused`(_ line: String) {
        #expect(throws: Status.self) { try configured(line) }
    }
}
