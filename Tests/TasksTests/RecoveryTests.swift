import Glibc
import Model
import Testing

@testable import Tasks

struct RecoveryTests {
    @Test(arguments: ShimMake.allCases)
    func `a new supervisor takes a running task over`(make: ShimMake) async throws {
        try await Fixture.with { fixture in
            let pid = try await fixture.runtime.create(
                fixture.creation("r", make, "sleep 100"), namespace: fixture.namespace)
            _ = try await fixture.runtime.start("r", exec: "", namespace: fixture.namespace)
            try await fixture.restart()
            let runtime = fixture.runtime
            let state = try await runtime.state("r", exec: "", namespace: fixture.namespace)
            #expect(state.status == .running)
            #expect(state.pid == pid)
            try await runtime.kill("r", exec: "", signal: 9, all: false, namespace: fixture.namespace)
            #expect(try await runtime.wait("r", exec: "", namespace: fixture.namespace).status == 137)
            _ = try await runtime.delete("r", namespace: fixture.namespace)
            #expect(await Fixture.eventually { fixture.shims.isEmpty })
            #expect(await Fixture.eventually { fixture.sink.lines("/tasks/delete", "r").count == 1 })
            #expect(fixture.sink.lines("/tasks/exit", "r") == ["/tasks/exit r r 137"])
        }
    }

    @Test(arguments: ShimMake.allCases)
    func `a container that ends while no supervisor runs is reported with its code, once`(make: ShimMake) async throws {
        try await Fixture.with { fixture in
            let script = "while [ ! -e /tmp/go ]; do sleep 0.05; done; exit 5"
            let pid = try await fixture.runtime.create(
                fixture.creation("d", make, script), namespace: fixture.namespace)
            _ = try await fixture.runtime.start("d", exec: "", namespace: fixture.namespace)
            try await fixture.restart {
                fclose(fopen(fixture.directory + "/rootfs/tmp/go", "w"))
                #expect(await Fixture.eventually { kill(Int32(pid), 0) != 0 })
            }
            let runtime = fixture.runtime
            #expect(try await runtime.wait("d", exec: "", namespace: fixture.namespace).status == 5)
            #expect(try await runtime.state("d", exec: "", namespace: fixture.namespace).status == .stopped)
            #expect(await Fixture.eventually { fixture.sink.lines("/tasks/exit", "d").count >= 1 })
            try await fixture.restart()
            _ = try await fixture.runtime.delete("d", namespace: fixture.namespace)
            #expect(await Fixture.eventually { fixture.sink.lines("/tasks/delete", "d").count >= 1 })
            #expect(fixture.sink.lines("/tasks/exit", "d") == ["/tasks/exit d d 5"])
        }
    }

    @Test(arguments: ShimMake.allCases)
    func `a killed shim is noticed: processes ended, task stopped, events once`(make: ShimMake) async throws {
        try await Fixture.with { fixture in
            let runtime = fixture.runtime
            let pid = try await runtime.create(fixture.creation("k", make, "sleep 100"), namespace: fixture.namespace)
            _ = try await runtime.start("k", exec: "", namespace: fixture.namespace)
            let waiting = Task { [namespace = fixture.namespace] in
                try await runtime.wait("k", exec: "", namespace: namespace)
            }
            for shim in fixture.shims { kill(shim, SIGKILL) }
            #expect(try await waiting.value.status == 137)
            #expect(await Fixture.eventually { kill(Int32(pid), 0) != 0 })
            #expect(try await runtime.state("k", exec: "", namespace: fixture.namespace).status == .stopped)
            #expect(try await runtime.list(namespace: fixture.namespace).map(\.status) == [.stopped])
            #expect(await Fixture.eventually { fixture.sink.lines("/tasks/delete", "k").count == 1 })
            let failure = await #expect(throws: Failure.self) {
                try await runtime.kill("k", exec: "", signal: 9, all: false, namespace: fixture.namespace)
            }
            #expect(failure?.code == .notFound)
            #expect(try await runtime.delete("k", namespace: fixture.namespace).status == 137)
            #expect(!fixture.bundleExists("k"))
            #expect(fixture.mounts.isEmpty)
            #expect(fixture.sink.lines("/tasks/exit", "k") == ["/tasks/exit k k 137"])
            #expect(fixture.sink.lines("/tasks/delete", "k") == ["/tasks/delete k 137"])
        }
    }

    @Test(arguments: ShimMake.allCases)
    func `a shim killed while no supervisor runs leaves a stopped task`(make: ShimMake) async throws {
        try await Fixture.with { fixture in
            let pid = try await fixture.runtime.create(
                fixture.creation("k2", make, "sleep 100"), namespace: fixture.namespace)
            _ = try await fixture.runtime.start("k2", exec: "", namespace: fixture.namespace)
            let record = TaskBundle(TaskKey(namespace: fixture.namespace, id: "k2"), fixture.configuration).readRecord()
            #expect(record?.pid == pid)
            let state = try await fixture.probeKillsShim("k2", make)
            #expect(state == .stopped)
            #expect(await Fixture.eventually { kill(Int32(pid), 0) != 0 })
        }
    }

    @Test(arguments: ShimMake.allCases)
    func `a shim that does not answer holds up neither lists nor a start`(make: ShimMake) async throws {
        try await Fixture.with(deadlines: .short) { fixture in
            for id in ["hung", "well"] {
                _ = try await fixture.runtime.create(
                    fixture.creation(id, make, "sleep 100"), namespace: fixture.namespace)
                _ = try await fixture.runtime.start(id, exec: "", namespace: fixture.namespace)
            }
            let record = TaskBundle(TaskKey(namespace: fixture.namespace, id: "hung"), fixture.configuration)
                .readRecord()
            let shim = try #require(record?.shimPid)
            kill(shim, SIGSTOP)
            defer { kill(shim, SIGCONT) }
            #expect(try await fixture.runtime.list(namespace: fixture.namespace).map(\.status) == [.running, .running])
            try await fixture.restart()
            let listed = try await fixture.runtime.list(namespace: fixture.namespace)
            #expect(listed.map(\.containerID) == ["hung", "well"])
            #expect(listed.map(\.status) == [.unknown, .running])
            kill(shim, SIGCONT)
            #expect(
                try await Fixture.eventually {
                    try await fixture.runtime.list(namespace: fixture.namespace).map(\.status) == [.running, .running]
                })
        }
    }

    @Test(arguments: ShimMake.allCases)
    func `a client that goes away in the middle of create leaves nothing and its name free`(make: ShimMake) async throws
    {
        try await Fixture.with { fixture in
            let runtime = fixture.runtime
            let creation = fixture.creation("gone", make, "sleep 100")
            for delay in [0, 2, 5, 10, 20, 40] {
                let creating = Task { [namespace = fixture.namespace] in
                    try await runtime.create(creation, namespace: namespace)
                }
                try await Task.sleep(for: .milliseconds(delay))
                creating.cancel()
                if (try? await creating.value) != nil {
                    _ = try await runtime.delete("gone", namespace: fixture.namespace)
                }
                #expect(!fixture.bundleExists("gone"))
                #expect(fixture.mounts.isEmpty)
                #expect(await Fixture.eventually { fixture.shims.isEmpty })
            }
            _ = try await runtime.create(creation, namespace: fixture.namespace)
        }
    }

    @Test func `bundles that a crash left half-made are removed`() async throws {
        try await Fixture.with { fixture in
            let empty = TaskBundle(TaskKey(namespace: fixture.namespace, id: "empty"), fixture.configuration)
            try TaskBundle.makeDirectories(empty.path)
            var record = TaskRecord(program: ShimProgram(kind: .berth, path: Fixture.shimProgram))
            record.boot = ProcessTable.bootID()
            let begun = TaskBundle(TaskKey(namespace: fixture.namespace, id: "begun"), fixture.configuration)
            try begun.make(spec: Array("{}".utf8), record: record)
            try await fixture.restart()
            #expect(try await fixture.runtime.list(namespace: fixture.namespace).isEmpty)
            #expect(!fixture.bundleExists("empty"))
            #expect(!fixture.bundleExists("begun"))
        }
    }

    @Test func `hundreds of bundles whose shims are gone become stopped tasks`() async throws {
        // A clean-up command that has nothing to do, so that the test measures the supervisor's own work.
        try await Fixture.with(shimProgram: "/bin/true") { fixture in
            for number in 0..<500 {
                var record = TaskRecord(program: ShimProgram(kind: .berth, path: "/bin/true"))
                record.boot = ProcessTable.bootID()
                record.isCreated = true
                record.shimPid = 4_000_000
                record.shimStart = 1
                record.socket = fixture.configuration.socketDirectory + "/dead\(number)"
                try TaskBundle(TaskKey(namespace: fixture.namespace, id: "stale\(number)"), fixture.configuration)
                    .make(spec: Array("{}".utf8), record: record)
            }
            try await fixture.restart()
            let listed = try await fixture.runtime.list(namespace: fixture.namespace)
            #expect(listed.count == 500)
            #expect(listed.allSatisfy { $0.status == .stopped && $0.exitStatus == 137 })
            #expect(fixture.sink.lines.count == 1000)
            try await fixture.restart()
            #expect(fixture.sink.lines.count == 1000)
        }
    }

    @Test func `a task of an earlier boot is stopped without a look for its processes`() async throws {
        try await Fixture.with { fixture in
            var record = TaskRecord(program: ShimProgram(kind: .berth, path: "/does/not/exist"))
            record.boot = "another"
            record.isCreated = true
            record.shimPid = getpid()
            record.shimStart = ProcessTable.startTime(of: getpid()) ?? 0
            try TaskBundle(TaskKey(namespace: fixture.namespace, id: "old"), fixture.configuration)
                .make(spec: Array("{}".utf8), record: record)
            try await fixture.restart()
            #expect(try await fixture.runtime.state("old", exec: "", namespace: fixture.namespace).status == .stopped)
        }
    }
}

extension Fixture {
    /// Takes a task over in a second life, having killed its shim under a first one that no longer looks.
    func probeKillsShim(_ id: String, _ make: ShimMake) async throws -> TaskProcess.Status {
        try await restart {
            for shim in shims { kill(shim, SIGKILL) }
            _ = await Fixture.eventually { shims.isEmpty }
        }
        return try await runtime.state(id, exec: "", namespace: namespace).status
    }
}

extension ShimTaskRuntime {
    /// Lets go of its tasks as if this supervisor had died: nobody watches their shims any more.
    func forgetAll() {
        tasks = [:]
        departed = DepartedTasks()
    }
}
