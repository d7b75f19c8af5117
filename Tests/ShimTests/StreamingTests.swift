import CTaskAPI
import Kernel
import TTRPC
import TaskAPI
import Testing

/// Standard streams over the Streaming service, as containerd 2.x opens them for sandboxes.
@Suite(.serialized) struct StreamingTests {
    private func uri(_ shim: ShimFixture, _ name: String) -> String {
        "ttrpc+unix://\(shim.socketPath)?streaming_id=\(name)"
    }

    @Test func `output of both kinds comes over streams, whole, and ends with the process`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sh", "-c", "seq 1 30000; echo problem >&2"])
        let stdout = try StreamClient(shim, "c-stdout")
        let stderr = try StreamClient(shim, "c-stderr")
        try shim.create(StdioRequest(stdout: uri(shim, "c-stdout"), stderr: uri(shim, "c-stderr")))
        try shim.start()
        for stream in [stdout, stderr] { try stream.takeAll(64 << 10) }
        #expect(try shim.waitForExit() == 0)
        try shim.wait("the streams' end") { stdout.hasEnded && stderr.hasEnded }
        #expect(stdout.text == (1...30000).map { "\($0)\n" }.joined())
        #expect(stderr.text == "problem\n")
        try shim.call("Delete", ShimRequest.process(shim.id))
    }

    @Test func `no more is sent than the client takes, and its process waits`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sh", "-c", "seq 1 100000"])
        let stdout = try StreamClient(shim, "out")
        try shim.create(StdioRequest(stdout: uri(shim, "out")))
        try shim.start()
        try stdout.send(.window(1000))
        try shim.wait("what is taken") { stdout.received.count >= 1000 }
        #expect(try shim.status() == 2)
        #expect(stdout.received.count == 1000)
        try stdout.takeAll(64 << 10)
        try shim.wait("the stream's end") { stdout.hasEnded }
        #expect(stdout.text == (1...100_000).map { "\($0)\n" }.joined())
        #expect(try shim.waitForExit() == 0)
    }

    @Test func `input comes over a stream and ends with it`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/cat"])
        let stdin = try StreamClient(shim, "in")
        let stdout = try StreamClient(shim, "out")
        try stdout.takeAll(64 << 10)
        try shim.create(StdioRequest(stdin: uri(shim, "in"), stdout: uri(shim, "out")))
        try shim.start()
        let line = String(repeating: "x", count: 999) + "\n"
        for count in 1...200 {
            try shim.wait("room for what is sent") { stdin.window >= line.utf8.count }
            try stdin.send(.data(Array(line.utf8)))
            if count == 100 { #expect(try shim.status() == 2) }
        }
        try stdin.close()
        #expect(try shim.waitForExit() == 0)
        try shim.wait("the stream's end") { stdout.hasEnded }
        #expect(stdout.text == String(repeating: line, count: 200))
    }

    @Test func `a client that comes back under the stream's name goes on where it was`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sh", "-c", "echo one; read x; echo two $x"])
        var stdin: StreamClient? = try StreamClient(shim, "in")
        var stdout: StreamClient? = try StreamClient(shim, "out")
        try stdout?.takeAll(64 << 10)
        try shim.create(StdioRequest(stdin: uri(shim, "in"), stdout: uri(shim, "out")))
        try shim.start()
        try shim.wait("the first line") { [stdout] in stdout?.text == "one\n" }
        stdin = nil
        stdout = nil
        #expect(try shim.status() == 2)
        let input = try StreamClient(shim, "in")
        let output = try StreamClient(shim, "out")
        try output.takeAll(64 << 10)
        try shim.wait("room for what is sent") { input.window > 0 }
        try input.send(.data(Array("three\n".utf8)))
        #expect(try shim.waitForExit() == 0)
        try shim.wait("the stream's end") { output.hasEnded }
        #expect(output.text == "two three\n")
        withExtendedLifetime((stdin, stdout)) {}
    }

    @Test func `a terminal's stream carries both ways`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sh", "-c", "read x; echo got $x"], terminal: true)
        let stdin = try StreamClient(shim, "in")
        let stdout = try StreamClient(shim, "out")
        try stdout.takeAll(64 << 10)
        try shim.create(StdioRequest(stdin: uri(shim, "in"), stdout: uri(shim, "out"), terminal: true))
        try shim.start()
        try shim.wait("room for what is sent") { stdin.window > 0 }
        try stdin.send(.data(Array("words\n".utf8)))
        #expect(try shim.waitForExit() == 0)
        try shim.wait("the stream's end") { stdout.hasEnded }
        #expect(stdout.text.contains("got words"))
    }

    @Test func `an exec's streams end with it though a child of it goes on`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try shim.create()
        try shim.start()
        let stdout = try StreamClient(shim, "e-out")
        try stdout.takeAll(64 << 10)
        try shim.exec(
            "e", ["/bin/sh", "-c", "echo before; (sleep 1000; echo after) &"],
            stdio: StdioRequest(stdout: uri(shim, "e-out")))
        try shim.start("e")
        #expect(try shim.waitForExit("e") == 0)
        try shim.wait("the stream's end") { stdout.hasEnded }
        #expect(stdout.text == "before\n")
        try shim.call("Delete", ShimRequest.process(shim.id, "e"))
        #expect(try shim.status() == 2)
    }

    @Test func `streams that nobody has opened, or that are none, are refused`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/true"])
        func code(_ stdout: String) -> StatusCode? {
            shim.code("Create", ShimRequest.create(shim.id, bundle: shim.bundle, stdio: StdioRequest(stdout: stdout)))
        }
        #expect(code(uri(shim, "missing")) == .notFound)
        #expect(code("ttrpc+unix://\(shim.socketPath)") == .invalidArgument)
        #expect(code("grpc+vsock://3:1024?streaming_id=x") == .invalidArgument)
        let stream = try StreamClient(shim, "x")
        try stream.sendGarbage()
        try shim.wait("the refusal") { stream.failure != nil }
        #expect(stream.failure == .invalidArgument)
        #expect(shim.code("Connect", ShimRequest.process(shim.id)) == .ok)
    }
}
