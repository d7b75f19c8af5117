import Kernel
import Libcontainer
import TTRPC
import TaskAPI
import TestKit
import Testing

@testable import ShimCore

/// Shims that are killed at a line, and what a daemon then does: the command `delete`, after which nothing may be left.
@Suite(.needsRoot, .serialized) struct FailpointTests {
    /// Steps of commands, which a serving shim does not come by.
    private static let ofCommands: [ShimFailpoint] = [
        .listening, .spawned, .numberWritten, .addressWritten, .swept,
    ]

    /// What the life of ``live(_:)`` comes by, and the answer to each of its calls.
    private static let ofServing: [String] =
        ContainerFailpoint.allCases.map { "\($0.rawValue)=kill" }
        + ShimFailpoint.allCases.filter { !ofCommands.contains($0) }.map { "\($0.rawValue)=kill" }
        + (2...8).map { "\(ShimFailpoint.answered.rawValue)=kill:\($0)" }

    /// Creation, start, a further process, both ends: until the shim is gone.
    private func live(_ shim: ShimFixture) throws {
        let stdio = StdioRequest(stdout: shim.directory + "/out")
        try shim.create(stdio)
        try shim.start()
        try shim.exec("e", ["/bin/sleep", "1000"], stdio: stdio)
        try shim.start("e")
        try shim.call("Kill", ShimRequest.kill(shim.id, "e", signal: 9))
        _ = try shim.waitForExit("e")
        try shim.call("Delete", ShimRequest.process(shim.id, "e"))
        try shim.call("Kill", ShimRequest.kill(shim.id, signal: 9))
        _ = try shim.waitForExit()
        try shim.call("Delete", ShimRequest.process(shim.id))
    }

    private func expectNothingLeft(_ shim: ShimFixture) throws {
        try? shim.wait("everything is gone") { Leftovers.of(shim.id).isEmpty }
        #expect(Leftovers.of(shim.id) == [])
        #expect(((try? Directory.entries(shim.bundle + "/runtime")) ?? []).map(\.name) == [])
        #expect((try? FileStatus(entry: shim.socketPath, of: workingDirectory)) == nil)
    }

    /// A shim whose bundle tells where it listens, as that of a shim that was started by a command does.
    private func prepared(failpoint: String? = nil) throws -> ShimFixture {
        let shim = try ShimFixture(failpoint: failpoint)
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try Fifo.make(shim.directory + "/out")
        try SmallFile.replace(shim.bundle + "/address", with: Array("unix://\(shim.socketPath)".utf8))
        return shim
    }

    @Test(arguments: ofServing) func `a shim that is killed at any step leaves nothing that delete does not remove`(
        point: String
    ) throws {
        let shim = try prepared(failpoint: point)
        // The answer to the last call may have come before the end.
        try? live(shim)
        #expect(try shim.waitForShimExit() == 137)
        #expect(try shim.runDelete().status == 0)
        try expectNothingLeft(shim)
        #expect(try shim.runDelete().status == 0)
    }

    private static let ofDeletion: [String] =
        [ContainerFailpoint.deleting, .ended, .cgroupRemoved, .stateRemoved, .deleted].map { "\($0.rawValue)=kill" }
        + ["\(ShimFailpoint.swept.rawValue)=kill"]

    @Test(arguments: ofDeletion) func `a delete that is killed at any step is made good by the next one`(
        point: String
    ) throws {
        let shim = try prepared()
        try shim.create()
        try shim.start()
        try shim.killShim()
        #expect(try shim.runDelete(failpoint: point).status == 137)
        #expect(try shim.runDelete().status == 0)
        try expectNothingLeft(shim)
    }

    @Test(arguments: [ShimFailpoint.listening, .spawned, .numberWritten, .addressWritten])
    func `a start that is killed at any step leaves no shim and no socket once its bundle is gone`(
        point: ShimFailpoint
    ) throws {
        let id = "shim-start-\(currentProcess())-\(UInt32.random(in: 0 ... .max))"
        let bundle = "/tmp/berth-\(id)"
        try Directory.make(bundle, mode: 0o700)
        defer { ShimFixture.removeTree(bundle) }
        let socket = SocketAddress(daemon: bundle + "/d.sock", namespace: ShimFixture.namespace, id: id).path
        let variables = ["TTRPC_ADDRESS=\(bundle)/events", "BERTH_FAILPOINTS=\(point.rawValue)=kill"]
        #expect(try run("start", id, bundle, variables) == 137)
        #expect(try run("delete", id, bundle, []) == 0)
        ShimFixture.removeTree(bundle)
        let deadline = Clock.milliseconds() + 60_000
        while !Leftovers.processes(of: id).isEmpty, Clock.milliseconds() < deadline { pause(microseconds: 10_000) }
        #expect(Leftovers.processes(of: id) == [])
        #expect((try? FileStatus(entry: socket, of: workingDirectory)) == nil)
    }

    /// Answers the command's status.
    private func run(_ verb: String, _ id: String, _ bundle: String, _ variables: [String]) throws -> UInt32 {
        let null = try FileDescriptor.open("/dev/null", .readWrite)
        let child = try HostProgram.spawn(
            try ShimFixture.program(),
            arguments: [
                "containerd-shim-berth-v1", "-namespace", ShimFixture.namespace, "-id", id, "-address",
                bundle + "/d.sock", "-bundle", bundle, verb,
            ], environment: variables, descriptors: [null.rawValue, null.rawValue, 2], session: false,
            directory: bundle)
        return try ChildExit.wait(for: child).status
    }
}
