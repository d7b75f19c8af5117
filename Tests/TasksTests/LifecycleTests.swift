import Glibc
import Model
import Testing

@testable import Tasks

struct LifecycleTests {
    @Test(arguments: ShimMake.allCases)
    func `a task is created, started, waited for and deleted, and nothing of it remains`(make: ShimMake) async throws {
        try await Fixture.with { fixture in
            let runtime = fixture.runtime
            let pid = try await runtime.create(fixture.creation("one", make, "exit 7"), namespace: fixture.namespace)
            #expect(pid > 1)
            #expect(try await runtime.state("one", exec: "", namespace: fixture.namespace).status == .created)
            #expect(try await runtime.start("one", exec: "", namespace: fixture.namespace) == pid)
            let exit = try await runtime.wait("one", exec: "", namespace: fixture.namespace)
            #expect(exit.status == 7)
            #expect(try await runtime.delete("one", namespace: fixture.namespace).status == 7)

            #expect(try await runtime.list(namespace: fixture.namespace).isEmpty)
            #expect(!fixture.bundleExists("one"))
            #expect(fixture.mounts.isEmpty)
            #expect(await Fixture.eventually { fixture.shims.isEmpty })
            #expect(await Fixture.eventually { fixture.sockets.isEmpty })
        }
    }

    @Test(arguments: ShimMake.allCases)
    func `create, start, exit and delete are each announced once and in this order`(make: ShimMake) async throws {
        try await Fixture.with { fixture in
            let runtime = fixture.runtime
            _ = try await runtime.create(fixture.creation("ev", make, "exit 3"), namespace: fixture.namespace)
            _ = try await runtime.start("ev", exec: "", namespace: fixture.namespace)
            _ = try await runtime.wait("ev", exec: "", namespace: fixture.namespace)
            _ = try await runtime.delete("ev", namespace: fixture.namespace)
            #expect(await Fixture.eventually { fixture.sink.lines("/tasks/delete", "ev").count == 1 })
            #expect(await Fixture.eventually { fixture.shims.isEmpty })
            #expect(
                fixture.sink.lines == [
                    "/tasks/create ev", "/tasks/start ev", "/tasks/exit ev ev 3", "/tasks/delete ev 3",
                ])
        }
    }

    @Test(arguments: ShimMake.allCases)
    func `a second task of the same name is refused while there is a first`(make: ShimMake) async throws {
        try await Fixture.with { fixture in
            let creation = fixture.creation("twin", make, "sleep 100")
            _ = try await fixture.runtime.create(creation, namespace: fixture.namespace)
            let failure = await #expect(throws: Failure.self) {
                try await fixture.runtime.create(creation, namespace: fixture.namespace)
            }
            #expect(failure?.code == .alreadyExists)
            _ = try await fixture.runtime.delete("twin", namespace: fixture.namespace)
            _ = try await fixture.runtime.create(creation, namespace: fixture.namespace)
        }
    }

    @Test(arguments: ShimMake.allCases)
    func `a running task cannot be deleted`(make: ShimMake) async throws {
        try await Fixture.with { fixture in
            let runtime = fixture.runtime
            _ = try await runtime.create(fixture.creation("busy", make, "sleep 100"), namespace: fixture.namespace)
            _ = try await runtime.start("busy", exec: "", namespace: fixture.namespace)
            let failure = await #expect(throws: Failure.self) {
                try await runtime.delete("busy", namespace: fixture.namespace)
            }
            #expect(failure?.code == .failedPrecondition)
            try await runtime.kill("busy", exec: "", signal: 9, all: false, namespace: fixture.namespace)
            #expect(try await runtime.wait("busy", exec: "", namespace: fixture.namespace).status == 137)
            #expect(try await runtime.state("busy", exec: "", namespace: fixture.namespace).status == .stopped)
        }
    }

    @Test(arguments: ShimMake.allCases)
    func `a process joins a running task and its exit is its own`(make: ShimMake) async throws {
        try await Fixture.with { fixture in
            let runtime = fixture.runtime
            _ = try await runtime.create(fixture.creation("host", make, "sleep 100"), namespace: fixture.namespace)
            _ = try await runtime.start("host", exec: "", namespace: fixture.namespace)
            let process = #"{"args":["/bin/sh","-c","exit 9"],"cwd":"/","env":["PATH=/bin"],"user":{"uid":0,"gid":0}}"#
            let spec = TypedPayload(
                typeURL: "types.containerd.io/opencontainers/runtime-spec/1/Process", value: Array(process.utf8))
            try await runtime.exec(
                ExecCreation(id: "host", exec: "guest", io: TaskIO(), spec: spec), namespace: fixture.namespace)
            let pid = try await runtime.start("host", exec: "guest", namespace: fixture.namespace)
            #expect(pid > 1)
            #expect(try await runtime.wait("host", exec: "guest", namespace: fixture.namespace).status == 9)
            #expect(try await runtime.deleteProcess("host", exec: "guest", namespace: fixture.namespace).status == 9)
            #expect(try await runtime.state("host", exec: "", namespace: fixture.namespace).status == .running)
            #expect(await Fixture.eventually { fixture.sink.lines("/tasks/exit", "host guest 9").count == 1 })
        }
    }

    @Test(arguments: ShimMake.allCases)
    func `a configuration that cannot be run leaves nothing`(make: ShimMake) async throws {
        try await Fixture.with { fixture in
            var creation = fixture.creation("bad", make, "true")
            creation.rootfs = [Mount(type: "bind", source: "/does/not/exist", options: ["rbind"])]
            await #expect(throws: Failure.self) {
                try await fixture.runtime.create(creation, namespace: fixture.namespace)
            }
            #expect(try await fixture.runtime.list(namespace: fixture.namespace).isEmpty)
            #expect(!fixture.bundleExists("bad"))
            #expect(fixture.sockets.isEmpty)
            #expect(fixture.mounts.isEmpty)
            #expect(await Fixture.eventually { fixture.shims.isEmpty })
            _ = try await fixture.runtime.create(fixture.creation("bad", make, "true"), namespace: fixture.namespace)
        }
    }

    @Test(arguments: ShimMake.allCases)
    func `a wait that is cancelled ends at once and the next one still works`(make: ShimMake) async throws {
        try await Fixture.with { fixture in
            let runtime = fixture.runtime
            _ = try await runtime.create(fixture.creation("w", make, "sleep 100"), namespace: fixture.namespace)
            _ = try await runtime.start("w", exec: "", namespace: fixture.namespace)
            let waiting = Task { [namespace = fixture.namespace] in
                try await runtime.wait("w", exec: "", namespace: namespace)
            }
            waiting.cancel()
            await #expect(throws: Failure.self) { try await waiting.value }
            let second = Task { [namespace = fixture.namespace] in
                try await runtime.wait("w", exec: "", namespace: namespace)
            }
            try await runtime.kill("w", exec: "", signal: 9, all: false, namespace: fixture.namespace)
            #expect(try await second.value.status == 137)
        }
    }

    @Test func `a container without a runtime spec is refused by name`() async throws {
        try await Fixture.with { fixture in
            var creation = fixture.creation("x", .berth, "true")
            creation.container.spec = nil
            let failure = await #expect(throws: Failure.self) {
                try await fixture.runtime.create(creation, namespace: fixture.namespace)
            }
            #expect(failure?.code == .invalidArgument)
            #expect(failure?.message.contains("\"x\"") == true)
            #expect(!fixture.bundleExists("x"))
        }
    }

    @Test func `a name that would leave the state directory is refused`() async throws {
        try await Fixture.with { fixture in
            let failure = await #expect(throws: Failure.self) {
                try await fixture.runtime.create(fixture.creation("../x", .berth, "true"), namespace: fixture.namespace)
            }
            #expect(failure?.code == .invalidArgument)
        }
    }
}
