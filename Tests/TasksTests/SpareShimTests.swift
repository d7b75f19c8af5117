import Glibc
import Kernel
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

    @Test func `a shim program that fails at first is tried again, though nobody asks for a task`() async throws {
        let directory = "/tmp/berth-spares-\(UInt64.random(in: 0...UInt64.max))"
        mkdir(directory, 0o755)
        defer { for path in ["/failed", "/shim", ""] { remove(directory + path) } }
        let script = """
            #!/bin/sh
            if [ ! -e \(directory)/failed ]; then
                : >\(directory)/failed
                exit 1
            fi
            exec \(Fixture.shimProgram) "$@"
            """
        try SmallFile.replace(directory + "/shim", with: Array(script.utf8), mode: 0o755)
        try await Fixture.with(shimProgram: directory + "/shim") { fixture in
            let spares = await fixture.runtime.launcher.spares
            #expect(await Fixture.eventually { await spares.ready.count == fixture.configuration.spareShims })
            #expect(access(directory + "/failed", F_OK) == 0)
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
