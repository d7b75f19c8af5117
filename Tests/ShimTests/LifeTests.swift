import CProtobufC
import CTaskAPI
import Kernel
import TTRPC
import TaskAPI
import Testing

/// Containers from Create to Delete, and what is told about it.
@Suite(.serialized) struct LifeTests {
    @Test func `a container runs and its exit code is answered`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sh", "-c", "exit 7"])
        let pid = try shim.create()
        #expect(pid > 0)
        #expect(try shim.status() == 1)
        #expect(try shim.start() == pid)
        #expect(try shim.waitForExit() == 7)
        #expect(try shim.status() == 3)
        try shim.call("Delete", ShimRequest.process(shim.id))
        #expect(shim.code("State", ShimRequest.process(shim.id)) == .notFound)
        #expect(try shim.topics(4) == ["/tasks/create", "/tasks/start", "/tasks/exit", "/tasks/delete"])
        try shim.call("Shutdown", ShimRequest.shutdown(shim.id))
        #expect(try shim.waitForShimExit() == 0)
    }

    @Test func `an exit is never told before its start`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try shim.create()
        try shim.start()
        for round in 0..<50 {
            try shim.exec("Q\(round)", ["/bin/true"])
            try shim.start("Q\(round)")
        }
        let topics = try shim.topics(2 + 150).dropFirst(2)
        var open: [String: Int] = [:]
        for event in shim.events.dropFirst(2) {
            // The exec's id is the second field of each of the three messages.
            let name = String(
                decoding: event.value.drop { $0 != UInt8(ascii: "Q") }.prefix { $0 > 0x20 }, as: UTF8.self)
            let stage = ["/tasks/exec-added": 0, "/tasks/exec-started": 1, "/tasks/exit": 2][event.topic]
            #expect(open[name, default: 0] == stage)
            open[name, default: 0] += 1
        }
        #expect(topics.filter { $0 == "/tasks/exit" }.count == 50)
    }

    @Test func `a wait is held until the exit, for every waiter`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try shim.create()
        try shim.start()
        let other = try shim.connect()
        let streams = try (0..<5).map { _ in try other.send("Wait", ShimRequest.process(shim.id)) }
        #expect(try shim.status() == 2)
        #expect(other.answers.isEmpty)
        try shim.call("Kill", ShimRequest.kill(shim.id, signal: 9))
        try shim.wait("answers to all waiters") { streams.allSatisfy { other.answers[$0] != nil } }
        for stream in streams {
            guard case .success(let payload)? = other.answers[stream] else {
                Issue.record("a waiter got an error")
                continue
            }
            #expect(ShimFixture.read(payload, containerd__task__v2__wait_response__unpack) { $0.exit_status } == 137)
        }
    }

    @Test func `a killed process is gone for another kill`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/true"])
        try shim.create()
        try shim.start()
        _ = try shim.waitForExit()
        #expect(shim.code("Kill", ShimRequest.kill(shim.id, signal: 9)) == .notFound)
        #expect(shim.code("Kill", ShimRequest.kill(shim.id, signal: 99)) == .invalidArgument)
    }

    @Test func `an existing container is not created again`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try shim.create()
        #expect(shim.code("Create", ShimRequest.create(shim.id, bundle: shim.bundle)) == .alreadyExists)
        #expect(shim.code("Start", ShimRequest.process(shim.id, "e")) == .notFound)
        try shim.start()
        #expect(shim.code("Start", ShimRequest.process(shim.id)) == .failedPrecondition)
        #expect(shim.code("Delete", ShimRequest.process(shim.id)) == .failedPrecondition)
    }

    @Test func `a container that was never started can be deleted`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        let pid = try shim.create()
        try shim.call("Delete", ShimRequest.process(shim.id))
        #expect(throws: SystemCallError.self) { try sendSignal(0, toProcess: Int32(pid)) }
        #expect(try shim.topics(3) == ["/tasks/create", "/tasks/exit", "/tasks/delete"])
    }

    @Test func `a program that is not there fails the start, and the container can be deleted`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/nothing"])
        // Either step may notice it.
        var code = shim.code("Create", ShimRequest.create(shim.id, bundle: shim.bundle))
        guard code == .ok else { return }
        code = shim.code("Start", ShimRequest.process(shim.id))
        #expect(code != .ok)
        #expect(try shim.waitForExit() == 127)
        try shim.call("Delete", ShimRequest.process(shim.id))
    }

    @Test func `an exec runs beside the init and has its own exit code`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try shim.create()
        #expect(
            shim.code("Exec", ShimRequest.exec(shim.id, "", spec: ShimFixture.process(["/bin/true"])))
                == .invalidArgument)
        try shim.start()
        try shim.exec("e1", ["/bin/sh", "-c", "exit 3"])
        #expect(try shim.status("e1") == 1)
        #expect(try shim.start("e1") > 0)
        #expect(try shim.waitForExit("e1") == 3)
        try shim.call("Delete", ShimRequest.process(shim.id, "e1"))
        #expect(shim.code("State", ShimRequest.process(shim.id, "e1")) == .notFound)
        #expect(try shim.status() == 2)
    }

    @Test func `an exec whose program is not there fails, and the container goes on`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try shim.create()
        try shim.start()
        try shim.exec("e1", ["/bin/nothing"])
        #expect(shim.code("Start", ShimRequest.process(shim.id, "e1")) != .ok)
        #expect(try shim.status("e1") == 3)
        try shim.call("Delete", ShimRequest.process(shim.id, "e1"))
        #expect(try shim.status() == 2)
    }

    @Test func `a paused container says so, and goes on when it is resumed`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try shim.create()
        try shim.start()
        try shim.call("Pause", ShimRequest.process(shim.id))
        #expect(try shim.status() == 4)
        try shim.call("Resume", ShimRequest.process(shim.id))
        #expect(try shim.status() == 2)
        #expect(try shim.topics(4) == ["/tasks/create", "/tasks/start", "/tasks/paused", "/tasks/resumed"])
        #expect(shim.code("Resume", ShimRequest.process(shim.id)) == .failedPrecondition)
    }

    @Test func `processes and statistics are told`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        let pid = try shim.create()
        try shim.start()
        try shim.exec("e1", ["/bin/sleep", "1000"])
        let exec = try shim.start("e1")
        let answer = try shim.call("Pids", ShimRequest.process(shim.id))
        let pids = ShimFixture.read(answer, containerd__task__v2__pids_response__unpack) { message in
            (0..<message.n_processes).compactMap { message.processes[$0]?.pointee.pid }
        }
        #expect(Set(pids ?? []) == [pid, exec])
        let stats = try shim.call("Stats", ShimRequest.process(shim.id))
        let type = ShimFixture.read(stats, containerd__task__v2__stats_response__unpack) {
            String(cString: $0.stats.pointee.type_url)
        }
        #expect(type?.hasPrefix("io.containerd.cgroups.v") == true)
    }

    @Test func `limits can be changed`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try shim.create()
        try shim.start()
        try shim.call("Update", ShimRequest.update(shim.id, resources: #"{"pids":{"limit":77}}"#))
        let stats = try shim.call("Stats", ShimRequest.process(shim.id))
        let limit = ShimFixture.read(stats, containerd__task__v2__stats_response__unpack) { message -> UInt64? in
            let value = message.stats.pointee.value
            guard String(cString: message.stats.pointee.type_url) == "io.containerd.cgroups.v1.Metrics" else {
                return 77
            }
            guard let metrics = io__containerd__cgroups__v1__metrics__unpack(nil, value.len, value.data) else {
                return nil
            }
            defer { io__containerd__cgroups__v1__metrics__free_unpacked(metrics, nil) }
            return metrics.pointee.pids?.pointee.limit
        }
        #expect(limit == 77)
        #expect(shim.code("Update", ShimRequest.update(shim.id, resources: "{")) == .invalidArgument)
    }

    @Test func `orphans of a container are reaped`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"], sharesProcesses: true)
        try shim.create()
        try shim.start()
        try shim.exec("e1", ["/bin/sh", "-c", "(sleep 0.05; true) & exit 0"])
        try shim.start("e1")
        #expect(try shim.waitForExit("e1") == 0)
        try shim.wait("no zombie is left") {
            let children = (try? SmallFile.text("/proc/\(shim.shim)/task/\(shim.shim)/children")) ?? ""
            return children.split(separator: " ").count == 1
        }
    }

    @Test func `where processes are shared, nothing outlives the init`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sh", "-c", "sleep 1000 & exit 0"], sharesProcesses: true)
        try shim.create()
        try shim.start()
        #expect(try shim.waitForExit() == 0)
        try shim.wait("nothing is left in the cgroup") {
            let answer = try? shim.call("Pids", ShimRequest.process(shim.id))
            return answer.map(\.isEmpty) ?? true
        }
        try shim.call("Delete", ShimRequest.process(shim.id))
    }

    @Test func `a shutdown beside a container does nothing`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try shim.create()
        try shim.start()
        try shim.call("Shutdown", ShimRequest.shutdown(shim.id))
        #expect(try shim.status() == 2)
        try sendSignal(15, toProcess: shim.shim)
        #expect(try shim.status() == 2)
    }

    @Test func `an immediate shutdown takes the container along`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        let pid = try shim.create()
        try shim.start()
        try shim.call("Shutdown", ShimRequest.shutdown(shim.id, now: true))
        #expect(try shim.waitForShimExit() == 0)
        #expect(throws: SystemCallError.self) { try sendSignal(0, toProcess: Int32(pid)) }
        #expect(shim.events.map(\.topic).suffix(2) == ["/tasks/exit", "/tasks/delete"])
    }
}
