import CTaskAPI
import Kernel
import TTRPC
import TaskAPI
import TestKit
import Testing

/// Checkpoints by way of the shim, with a stand-in for criu.
@Suite(.needsRoot, .serialized) struct CheckpointTests {
    private func withShim(_ body: (ShimFixture, CriuStandIn) throws -> Void) throws {
        let scratch = "/tmp/berth-criu-\(currentProcess())-\(UInt32.random(in: 0 ... .max))"
        try Directory.make(scratch, mode: 0o700)
        defer { ShimFixture.removeTree(scratch) }
        let criu = try CriuStandIn(in: scratch)
        let shim = try ShimFixture(path: criu.directory + ":/usr/bin:/bin")
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try body(shim, criu)
    }

    /// Creates the container from images that hold nothing; answers its process's number.
    private func restore(_ shim: ShimFixture, _ criu: CriuStandIn) throws -> UInt32 {
        try Directory.make(criu.imagePath, mode: 0o700)
        try SmallFile.replace(criu.imagePath + "/descriptors.json", with: Array("{}".utf8))
        let request = ShimRequest.create(shim.id, bundle: shim.bundle, checkpoint: criu.imagePath)
        let answer = try shim.call("Create", request)
        return ShimFixture.read(answer, containerd__task__v2__create_task_response__unpack) { $0.pid } ?? 0
    }

    /// Whether the container stands still, by either version's file.
    private func isFrozen(_ shim: ShimFixture) -> Bool {
        let root = "/sys/fs/cgroup"
        let legacy = try? SmallFile.text("\(root)/freezer/\(shim.id)/freezer.state")
        let unified = [root, root + "/unified"].map { try? SmallFile.text("\($0)/\(shim.id)/cgroup.freeze") }
        return legacy == "FROZEN\n" || unified.contains("1\n")
    }

    @Test func `a container that ends with its checkpoint is reaped, and its exit is told`() throws {
        try withShim { shim, criu in
            let pid = try shim.create()
            try shim.start()
            try criu.end(Int32(pid))
            try shim.call("Checkpoint", ShimRequest.checkpoint(shim.id, to: criu.imagePath, exits: true))
            let options = try criu.options(of: "dump")
            #expect(options[2] == [.number(UInt64(pid))])
            #expect(options[3] == nil)
            #expect(try shim.waitForExit() == 137)
            #expect(try shim.topics(3) == ["/tasks/create", "/tasks/start", "/tasks/exit"])
            try shim.call("Delete", ShimRequest.process(shim.id))
        }
    }

    @Test func `a container that is to stay runs on after its checkpoint, and after one that fails`() throws {
        try withShim { shim, criu in
            try shim.create()
            try shim.start()
            try shim.call("Checkpoint", ShimRequest.checkpoint(shim.id, to: criu.imagePath, exits: false))
            #expect(try criu.options(of: "dump")[3] == [.number(1)])
            try criu.fail(because: "it cannot be")
            #expect(
                shim.code("Checkpoint", ShimRequest.checkpoint(shim.id, to: criu.imagePath, exits: true))
                    == .failedPrecondition)
            #expect(try shim.status() == 2)
            try shim.call("Kill", ShimRequest.kill(shim.id, signal: 9))
            #expect(try shim.waitForExit() == 137)
            try shim.call("Delete", ShimRequest.process(shim.id))
        }
    }

    @Test func `while a checkpoint is written the shim serves, and refuses what would spoil it`() throws {
        try withShim { shim, criu in
            try shim.create()
            try shim.start()
            try criu.hold()
            let request = ShimRequest.checkpoint(shim.id, to: criu.imagePath, exits: false)
            let stream = try shim.client.send("Checkpoint", request)
            try shim.wait("criu has begun") { criu.isDumping }
            #expect(try shim.status() == 2)
            let process = ShimRequest.process(shim.id)
            for method in ["Pids", "Stats", "Connect"] { #expect(shim.code(method, process) == .ok, "\(method)") }
            try shim.exec("e", ["/bin/true"])
            for (method, payload) in [
                ("Checkpoint", request), ("Pause", process), ("Start", ShimRequest.process(shim.id, "e")),
                ("Update", ShimRequest.update(shim.id, resources: "{}")),
            ] {
                #expect(shim.code(method, payload) == .failedPrecondition, "\(method)")
            }
            #expect(shim.client.answers[stream] == nil)
            try criu.proceed()
            try shim.wait("the checkpoint's end") { shim.client.answers[stream] != nil }
            #expect(shim.client.answers[stream] == .success([]))
            try shim.start("e")
            #expect(try shim.waitForExit("e") == 0)
            #expect(try shim.status() == 2)
        }
    }

    @Test func `a container that is killed and deleted while its checkpoint is written takes criu along`() throws {
        try withShim { shim, criu in
            try shim.create()
            try shim.start()
            try criu.hold()
            let stream = try shim.client.send(
                "Checkpoint", ShimRequest.checkpoint(shim.id, to: criu.imagePath, exits: true))
            try shim.wait("criu has begun") { criu.isDumping }
            try shim.call("Kill", ShimRequest.kill(shim.id, signal: 9))
            #expect(try shim.waitForExit() == 137)
            #expect(try shim.topics(3) == ["/tasks/create", "/tasks/start", "/tasks/exit"])
            try criu.proceed()
            try shim.call("Delete", ShimRequest.process(shim.id))
            try shim.wait("the checkpoint's end") { shim.client.answers[stream] != nil }
            #expect(shim.code("State", ShimRequest.process(shim.id)) == .notFound)
        }
    }

    @Test func `a container from a checkpoint stands still until it is started`() throws {
        try withShim { shim, criu in
            let pid = try restore(shim, criu)
            #expect(pid > 0)
            #expect(try shim.status() == 1)
            #expect(isFrozen(shim))
            #expect(try shim.start() == pid)
            #expect(!isFrozen(shim))
            try shim.call("Kill", ShimRequest.kill(shim.id, signal: 15))
            #expect(try shim.waitForExit() == 143)
            #expect(try shim.topics(3) == ["/tasks/create", "/tasks/start", "/tasks/exit"])
            try shim.call("Delete", ShimRequest.process(shim.id))
        }
    }

    @Test func `a container from a checkpoint that was never started is deleted, though it stands still`() throws {
        try withShim { shim, criu in
            let pid = try restore(shim, criu)
            try shim.call("Delete", ShimRequest.process(shim.id))
            #expect(throws: SystemCallError.self) { try sendSignal(0, toProcess: Int32(pid)) }
            #expect(shim.code("State", ShimRequest.process(shim.id)) == .notFound)
        }
    }

    @Test func `a restore that fails leaves the name free`() throws {
        try withShim { shim, criu in
            try criu.fail(because: "it cannot be")
            #expect(throws: Status.self) { try restore(shim, criu) }
            #expect(shim.code("State", ShimRequest.process(shim.id)) == .notFound)
            try shim.create()
            try shim.call("Delete", ShimRequest.process(shim.id))
        }
    }
}
