import CProtobufC
import CTaskAPI
import TTRPC
import TaskAPI
import Testing

@Suite struct TaskAnswerTests {
    private let exit = ProcessExit(status: 137, time: Instant(seconds: 1_700_000_000, nanoseconds: 5))

    @Test func `an exit has its status and time`() throws {
        let values = try unpacked(
            TaskAnswer.exited(exit).encoded(), containerd__task__v2__wait_response__unpack
        ) { message in
            let time = try #require(message.exited_at)
            return (message.exit_status, time.pointee.seconds, time.pointee.nanos)
        }
        #expect(try #require(values) == (137, 1_700_000_000, 5))
    }

    @Test func `a state names process, streams and exit`() throws {
        let state = TaskAnswer.State(
            id: "c", bundle: "/b", pid: 42, status: .stopped,
            stdio: StdioRequest(stdin: "i", stdout: "o", stderr: "e", terminal: true), exit: exit, execID: "x")
        let checked: Void? = try unpacked(
            TaskAnswer.state(state).encoded(), containerd__task__v2__state_response__unpack
        ) { message in
            #expect(String(cString: message.id) == "c")
            #expect(String(cString: message.bundle) == "/b")
            #expect(message.pid == 42)
            #expect(message.status.rawValue == 3)
            #expect(String(cString: message.stdin) == "i")
            #expect(String(cString: message.stdout) == "o")
            #expect(String(cString: message.stderr) == "e")
            #expect(message.terminal == 1)
            #expect(message.exit_status == 137)
            #expect(String(cString: message.exec_id) == "x")
        }
        #expect(checked != nil)
    }

    @Test func `a running process has no exit time`() throws {
        let state = TaskAnswer.State(
            id: "c", bundle: "/b", pid: 42, status: .running, stdio: StdioRequest(), exit: nil, execID: "")
        let hasTime = try unpacked(TaskAnswer.state(state).encoded(), containerd__task__v2__state_response__unpack) {
            $0.exited_at != nil
        }
        #expect(hasTime == false)
    }

    @Test func `processes that are execs say so`() throws {
        let answer = TaskAnswer.pids([.init(pid: 1, execID: nil), .init(pid: 2, execID: "e")])
        let checked: Void? = try unpacked(answer.encoded(), containerd__task__v2__pids_response__unpack) { message in
            try #require(message.n_processes == 2)
            let first = try #require(message.processes[0])
            let second = try #require(message.processes[1])
            #expect(first.pointee.pid == 1)
            #expect(first.pointee.info == nil)
            #expect(second.pointee.pid == 2)
            let info = try #require(second.pointee.info)
            #expect(String(cString: info.pointee.type_url) == "containerd.runc.v1.ProcessDetails")
        }
        #expect(checked != nil)
    }

    @Test func `an event travels in an envelope with topic, namespace and full type name`() throws {
        let event = TaskEvent.exit(id: "c", process: "e", pid: 7, exit)
        let request = event.forward(namespace: "ns", at: Instant(seconds: 9, nanoseconds: 0))
        #expect(request.service == "containerd.services.events.ttrpc.v1.Events")
        #expect(request.method == "Forward")
        let checked: Void? = try unpacked(
            request.payload, containerd__services__events__ttrpc__v1__forward_request__unpack
        ) { message in
            let envelope = try #require(message.envelope).pointee
            #expect(String(cString: envelope.namespace_) == "ns")
            #expect(String(cString: envelope.topic) == "/tasks/exit")
            let any = try #require(envelope.event).pointee
            #expect(String(cString: any.type_url) == "containerd.events.TaskExit")
            let value = Array(UnsafeBufferPointer(start: any.value.data, count: any.value.len))
            let inner: Void? = try unpacked(value, containerd__events__task_exit__unpack) {
                #expect(String(cString: $0.container_id) == "c")
                #expect(String(cString: $0.id) == "e")
                #expect($0.pid == 7)
                #expect($0.exit_status == 137)
            }
            #expect(inner != nil)
        }
        #expect(checked != nil)
    }

    @Test func `each event has its topic and type`() {
        let events: [(TaskEvent, String, String)] = [
            (.create(id: "c", bundle: "/b", rootfs: [], stdio: StdioRequest(), pid: 1), "/tasks/create", "TaskCreate"),
            (.start(id: "c", pid: 1), "/tasks/start", "TaskStart"),
            (.exit(id: "c", process: "c", pid: 1, exit), "/tasks/exit", "TaskExit"),
            (.delete(id: "c", process: "c", pid: 1, exit), "/tasks/delete", "TaskDelete"),
            (.outOfMemory(id: "c"), "/tasks/oom", "TaskOOM"),
            (.execAdded(id: "c", execID: "e"), "/tasks/exec-added", "TaskExecAdded"),
            (.execStarted(id: "c", execID: "e", pid: 1), "/tasks/exec-started", "TaskExecStarted"),
            (.paused(id: "c"), "/tasks/paused", "TaskPaused"),
            (.resumed(id: "c"), "/tasks/resumed", "TaskResumed"),
        ]
        for (event, topic, type) in events {
            #expect(event.topic == topic)
            #expect(event.encoded().typeURL == "containerd.events." + type)
        }
    }
}
