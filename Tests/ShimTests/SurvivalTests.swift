import CTaskAPI
import Kernel
import TTRPC
import TaskAPI
import Testing

/// Daemons that die, and shims that do.
@Suite(.serialized) struct SurvivalTests {
    @Test func `events wait for a daemon that is not there, and come in order`() throws {
        let shim = try ShimFixture(listeningForEvents: false)
        try shim.prepareBundle(["/bin/sh", "-c", "exit 3"])
        try shim.create()
        try shim.start()
        #expect(try shim.waitForExit() == 3)
        try shim.call("Delete", ShimRequest.process(shim.id))
        #expect(shim.events.isEmpty)
        try shim.listenForEvents()
        // A daemon that is back shows itself by a connection.
        let daemon = try shim.connect()
        #expect(try shim.topics(4) == ["/tasks/create", "/tasks/start", "/tasks/exit", "/tasks/delete"])
        withExtendedLifetime(daemon) {}
    }

    @Test func `events come without being asked for once the daemon listens again`() throws {
        let shim = try ShimFixture(listeningForEvents: false)
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try shim.create()
        try shim.start()
        try shim.listenForEvents()
        #expect(try shim.topics(2) == ["/tasks/create", "/tasks/start"])
        shim.stopListeningForEvents()
        try shim.call("Kill", ShimRequest.kill(shim.id, signal: 9))
        _ = try shim.waitForExit()
        try shim.listenForEvents()
        #expect(try shim.topics(3) == ["/tasks/create", "/tasks/start", "/tasks/exit"])
    }

    @Test func `a new client finds the container as it is`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        let pid = try shim.create()
        try shim.start()
        let other = try shim.connect()
        let answer = try shim.call("Connect", ShimRequest.process(shim.id), over: other)
        #expect(ShimFixture.read(answer, containerd__task__v2__connect_response__unpack) { $0.task_pid } == pid)
        #expect(shim.code("State", ShimRequest.process(shim.id), over: other) == .ok)
    }

    @Test func `a killed shim's container goes on, and delete ends it`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        let pid = try shim.create()
        try shim.start()
        try shim.killShim()
        try sendSignal(0, toProcess: Int32(pid))

        let (status, output) = try shim.runDelete()
        #expect(status == 0)
        let answer = ShimFixture.read(output, containerd__task__v2__delete_response__unpack) {
            ($0.pid, $0.exit_status)
        }
        #expect(answer?.0 == pid)
        #expect(answer?.1 == 137)
        try shim.wait("the container's end") {
            (try? SmallFile.text("/proc/\(pid)/stat"))?.contains(") Z ") ?? true
        }
        #expect(!Directory.exists("/sys/fs/cgroup/pids/\(shim.id)"))
    }
}
