import Glibc
import Model
import Testing

@testable import Tasks

struct SpareShimTests {
    @Test func `a task takes a spare shim, and another is made in its place`() async throws {
        try await Fixture.with { fixture in
            let (runtime, namespace) = (fixture.runtime, fixture.namespace)
            let spares = await runtime.launcher.spares
            let wanted = fixture.configuration.spareShims
            #expect(await Fixture.eventually { await spares.ready.count == wanted })
            let first = try #require(await spares.ready.first).process.pid
            #expect(fixture.shims.isEmpty)

            _ = try await runtime.create(fixture.creation("c", .berth, "exit 5"), namespace: namespace)
            #expect(try await runtime.task("c", namespace).shimPid == first)
            // Its command line is that of a shim that was started for the task. A container's first process that
            // waits for its start bears the same line.
            #expect(fixture.shims.contains(first))
            #expect(await Fixture.eventually { await spares.ready.count == wanted })

            _ = try await runtime.start("c", exec: "", namespace: namespace)
            #expect(try await runtime.wait("c", exec: "", namespace: namespace).status == 5)
            _ = try await runtime.delete("c", namespace: namespace)
            #expect(await Fixture.eventually { fixture.shims.isEmpty })
        }
    }

    @Test func `a spare that was killed is passed over`() async throws {
        try await Fixture.with { fixture in
            let spares = await fixture.runtime.launcher.spares
            #expect(await Fixture.eventually { await spares.ready.count == fixture.configuration.spareShims })
            let killed = try #require(await spares.ready.first)
            kill(killed.process.pid, SIGKILL)
            #expect(await Fixture.eventually { killed.process.hasEnded })
            _ = try await fixture.runtime.create(
                fixture.creation("c", .berth, "true"), namespace: fixture.namespace)
            let pid = try await fixture.runtime.task("c", fixture.namespace).shimPid
            #expect(pid != nil && pid != killed.process.pid)
        }
    }
}
