import Model
import Testing

@testable import Tasks

struct TaskRecordTests {
    private var record: TaskRecord {
        var record = TaskRecord(program: ShimProgram(kind: .stock, path: "/usr/bin/shim"))
        record.isCreated = true
        record.runtime = "io.containerd.runc.v2"
        record.version = 2
        record.socket = "/run/x"
        record.shimPid = 12
        record.shimStart = 345
        record.boot = "b"
        record.pid = 67
        record.pidStart = 89
        record.io = TaskIO(stdin: "", stdout: "/tmp/with\nline and 100%n", stderr: "file:///x", terminal: true)
        record.exit = TaskExit(
            id: "c", pid: 67, status: 9, exitedAt: Timestamp(seconds: 10, nanoseconds: 11))
        record.deathReason = "killed"
        return record
    }

    @Test func `a record is read as it was written`() {
        #expect(TaskRecord(parsing: record.encoded()) == record)
    }

    @Test func `a record that was cut off is none`() {
        let bytes = record.encoded()
        for count in 0..<(bytes.count - 6) { #expect(TaskRecord(parsing: Array(bytes[..<count])) == nil) }
    }

    @Test func `what a newer supervisor added is passed over`() {
        #expect(TaskRecord(parsing: Array("novelty 1\n".utf8) + record.encoded()) == record)
    }
}

struct BootstrapAnswerTests {
    @Test(arguments: [
        ("unix:///run/s/a", 2), ("unix:///run/s/a\n", 2), ("/run/s/a", 2),
        (#"{"version":3,"address":"unix:///run/s/a","protocol":"ttrpc"}"#, 3),
        (#"{"version":2,"address":"unix:///run/s/a"}"#, 2),
    ])
    func `every form of a shim's answer is understood`(text: String, version: Int) throws {
        let answer = try BootstrapAnswer(parsing: Array(text.utf8), program: "shim")
        #expect(answer.path == "/run/s/a")
        #expect(answer.version == version)
    }

    @Test(arguments: [
        "", "unix://@abstract", "{", #"{"version":3,"address":"unix:///a","protocol":"grpc"}"#,
        #"{"version":9,"address":"unix:///a","protocol":"ttrpc"}"#,
    ])
    func `an answer that cannot be used is refused`(text: String) {
        #expect(throws: Failure.self) { try BootstrapAnswer(parsing: Array(text.utf8), program: "shim") }
    }
}

struct ShimProgramTests {
    private var configuration: TaskRuntimeConfiguration {
        TaskRuntimeConfiguration(
            stateDirectory: "/s", address: "/a", shimProgram: "/opt/own", publishProgram: "/bin/true")
    }

    @Test(arguments: ["", "io.containerd.berth.v1", "io.containerd.runc.v2"])
    func `the names of stock clients mean the own shim`(name: String) throws {
        let program = try ShimProgram.resolve(runtime: name, options: nil, configuration)
        #expect(program == ShimProgram(kind: .berth, path: "/opt/own"))
    }

    @Test func `options that name a runtime binary get the shim that was asked for`() throws {
        // Field 6, binary_name, "crun".
        let options = TypedPayload(typeURL: "containerd.runc.v1.Options", value: [0x32, 4] + Array("crun".utf8))
        let program = try ShimProgram.resolve(runtime: "io.containerd.runc.v2", options: options, configuration)
        #expect(program == ShimProgram(kind: .stock, path: "/usr/bin/containerd-shim-runc-v2"))
    }

    @Test(arguments: ["runc", "io.containerd..v2", "io.containerd.a/b.v2", "io.containerd.nope.v1", "/does/not/exist"])
    func `a name that means no program is refused`(name: String) {
        let failure = #expect(throws: Failure.self) {
            try ShimProgram.resolve(runtime: name, options: nil, configuration)
        }
        #expect(failure?.code == .invalidArgument)
    }
}
