import CTaskAPI
import Kernel
import TTRPC
import TaskAPI
import Testing

/// The shim without a container: its socket, its clients, its end.
@Suite struct ServingTests {
    private func shimPid(_ payload: [UInt8]) -> UInt32? {
        let message = payload.withUnsafeBufferPointer {
            containerd__task__v2__connect_response__unpack(nil, $0.count, $0.baseAddress)
        }
        defer { containerd__task__v2__connect_response__free_unpacked(message, nil) }
        return message?.pointee.shim_pid
    }

    @Test(arguments: [2, 3]) func `both versions of the service answer`(_ version: Int) throws {
        let shim = try ShimFixture()
        let answer = try shim.call("Connect", ShimRequest.process(shim.id), version: version)
        #expect(shimPid(answer) == UInt32(shim.shim))
    }

    @Test func `a container that is not there is not found`() throws {
        let shim = try ShimFixture()
        for method in ["State", "Start", "Delete", "Wait", "Pids", "Pause", "Resume", "Stats", "Kill"] {
            #expect(shim.code(method, ShimRequest.process(shim.id)) == .notFound, "\(method)")
        }
    }

    @Test func `a method that does not exist is unimplemented`() throws {
        let shim = try ShimFixture()
        #expect(shim.code("Fly", []) == .unimplemented)
    }

    @Test func `shutdown ends the shim and removes its socket`() throws {
        let shim = try ShimFixture()
        try shim.call("Shutdown", ShimRequest.shutdown(shim.id))
        #expect(try shim.waitForShimExit() == 0)
        #expect(throws: SystemCallError.self) { try UnixSocket.connect(path: shim.socketPath).release() }
        #expect(!(try Directory.entries(shim.directory)).map(\.name).contains("shim.sock"))
    }

    @Test func `a bundle without a configuration is refused and leaves nothing`() throws {
        let shim = try ShimFixture()
        #expect(shim.code("Create", ShimRequest.create(shim.id, bundle: shim.bundle)) == .notFound)
        #expect(shim.code("State", ShimRequest.process(shim.id)) == .notFound)
        #expect(try Directory.entries(shim.bundle).isEmpty)
        #expect(shim.events.isEmpty)
    }

    @Test func `a malformed configuration is the caller's fault`() throws {
        let shim = try ShimFixture()
        try SmallFile.replace(shim.bundle + "/config.json", with: Array(#"{"ociVersion": 1}"#.utf8))
        #expect(shim.code("Create", ShimRequest.create(shim.id, bundle: shim.bundle)) == .invalidArgument)
    }

    @Test func `a frame that never ends disturbs nobody else`() throws {
        let shim = try ShimFixture()
        let other = try shim.connect()
        try other.sendRaw([0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 7, 7, 7])
        #expect(shim.code("Connect", ShimRequest.process(shim.id)) == .ok)
    }

    @Test func `an oversized frame is refused and the connection goes on`() throws {
        let shim = try ShimFixture()
        let other = try shim.connect()
        var bytes: [UInt8] = []
        FrameHeader(length: 5 << 20, stream: 1, type: .request).write(to: &bytes)
        try other.sendRaw(bytes)
        var left = 5 << 20
        let chunk = [UInt8](repeating: 0, count: 1 << 16)
        try shim.wait("the frame is taken") {
            while left > 0 {
                let sent = (try? other.sendRaw(Array(chunk.prefix(left)))) ?? 0
                left -= sent
                if sent < chunk.count { break }
            }
            return left == 0
        }
        // Streams 1 and up of this client's own count were never used: its first call is refused as a repetition,
        // the next one is served.
        _ = shim.code("Connect", ShimRequest.process(shim.id), over: other)
        #expect(shim.code("Connect", ShimRequest.process(shim.id), over: other) == .ok)
    }

    @Test func `a client that does not read its answers stalls nobody else and is given up`() throws {
        let shim = try ShimFixture()
        let stalled = try shim.connect()
        stalled.stopReading()
        var state = ClientConnection()
        var pending: [UInt8] = []
        for _ in 0..<2000 {
            pending += try state.call(
                Request(service: "containerd.task.v2.Task", method: String(repeating: "x", count: 2000), payload: [])
            ).bytes
        }
        var rounds = 0
        try shim.wait("the stalled client's calls") {
            let sent = (try? stalled.sendRaw(pending)) ?? pending.count
            pending.removeFirst(sent)
            rounds += 1
            return pending.isEmpty || rounds > 100
        }
        #expect(shim.code("Connect", ShimRequest.process(shim.id)) == .ok)
    }

    @Test func `clients come and go without leaving descriptors behind`() throws {
        let shim = try ShimFixture()
        try shim.call("Connect", ShimRequest.process(shim.id))
        let before = try Directory.entries("/proc/\(shim.shim)/fd").count
        for _ in 0..<200 {
            let client = try shim.connect()
            try shim.call("Connect", ShimRequest.process(shim.id), over: client)
        }
        try shim.call("Connect", ShimRequest.process(shim.id))
        try shim.wait("descriptors are back") {
            ((try? Directory.entries("/proc/\(shim.shim)/fd").count) ?? 0) <= before
        }
    }

    @Test func `one thread serves`() throws {
        let shim = try ShimFixture()
        try shim.call("Connect", ShimRequest.process(shim.id))
        #expect(try Directory.entries("/proc/\(shim.shim)/task").count == 1)
    }

    @Test func `a termination signal ends a shim without a container`() throws {
        let shim = try ShimFixture()
        try shim.call("Connect", ShimRequest.process(shim.id))
        try sendSignal(15, toProcess: shim.shim)
        #expect(try shim.waitForShimExit() == 0)
    }

    @Test func `its score when memory runs out is one above its daemon's`() throws {
        let shim = try ShimFixture()
        try shim.call("Connect", ShimRequest.process(shim.id))
        let own = try SmallFile.text("/proc/self/oom_score_adj").filter(\.isNumber)
        let its = try SmallFile.text("/proc/\(shim.shim)/oom_score_adj").filter(\.isNumber)
        #expect(Int(its) == min((Int(own) ?? 0) + 1, 1000))
    }
}
