import Glibc
import Kernel
import Model
import Testing

@testable import Tasks

/// Supervisors that are killed at a line, and what the next one finds.
struct SurvivalTests {
    static let beforeTheAnswer = ["after-bundle", "after-spawn", "after-call"]

    @Test(arguments: ShimMake.allCases, beforeTheAnswer)
    func `a supervisor killed inside create leaves nothing to the next one`(make: ShimMake, point: String) async throws
    {
        try await Fixture.with { fixture in
            try await fixture.restart {
                let status = try fixture.probe(
                    "create", "c", make, "sleep 100", failpoint: "tasks.create." + point)
                #expect(status == 137)
                #expect(fixture.bundleExists("c"))
            }
            #expect(try await fixture.runtime.list(namespace: fixture.namespace).isEmpty)
            #expect(!fixture.bundleExists("c"))
            #expect(fixture.mounts.isEmpty)
            #expect(await Fixture.eventually { fixture.shims.isEmpty })
            #expect(fixture.sockets.isEmpty)
            _ = try await fixture.runtime.create(fixture.creation("c", make, "true"), namespace: fixture.namespace)
        }
    }

    @Test(arguments: ShimMake.allCases)
    func `a supervisor killed after create hands a created task to the next one`(make: ShimMake) async throws {
        try await Fixture.with { fixture in
            try await fixture.restart {
                let status = try fixture.probe("create", "c", make, "exit 4", failpoint: "tasks.create.after-record")
                #expect(status == 137)
            }
            let runtime = fixture.runtime
            #expect(try await runtime.state("c", exec: "", namespace: fixture.namespace).status == .created)
            _ = try await runtime.start("c", exec: "", namespace: fixture.namespace)
            #expect(try await runtime.wait("c", exec: "", namespace: fixture.namespace).status == 4)
            _ = try await runtime.delete("c", namespace: fixture.namespace)
            #expect(await Fixture.eventually { fixture.shims.isEmpty })
        }
    }

    @Test(arguments: ShimMake.allCases)
    func `a container outlives a supervisor that ends`(make: ShimMake) async throws {
        try await Fixture.with { fixture in
            try await fixture.restart {
                let status = try fixture.probe("create", "c", make, "sleep 100")
                #expect(status == 0)
            }
            #expect(try await fixture.runtime.state("c", exec: "", namespace: fixture.namespace).status == .running)
        }
    }

    /// `BERTH_SURVIVAL_ROUNDS` says how often; a few times when unset.
    @Test(arguments: ShimMake.allCases)
    func `a supervisor killed at any moment leaves nothing that the next one cannot end`(make: ShimMake) async throws {
        let rounds = getenv("BERTH_SURVIVAL_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 5
        try await Fixture.with { fixture in
            for round in 0..<rounds {
                try await fixture.restart {
                    let probe = try fixture.startProbe("churn", "r\(round)", make, "sleep 100")
                    try await Task.sleep(for: .milliseconds(Int.random(in: 20...400)))
                    kill(probe, SIGKILL)
                    let status = try ChildExit.wait(for: probe).status
                    #expect(status == 137)
                }
                let runtime = fixture.runtime
                for task in try await runtime.list(namespace: fixture.namespace) {
                    #expect(task.status != .unknown)
                    if task.status == .running {
                        // The signal that the last supervisor sent may come first.
                        try? await runtime.kill(
                            task.containerID, exec: "", signal: 9, all: true, namespace: fixture.namespace)
                        _ = try await runtime.wait(task.containerID, exec: "", namespace: fixture.namespace)
                    }
                    _ = try await runtime.delete(task.containerID, namespace: fixture.namespace)
                }
                // Debian's shim now and then stays after the Shutdown that a killed supervisor sent it.
                if make == .berth {
                    #expect(
                        await Fixture.eventually { fixture.shims.isEmpty },
                        "round \(round): \(fixture.shims.map(Fixture.describe))")
                } else {
                    for pid in fixture.shims { kill(pid, SIGKILL) }
                }
                #expect(fixture.mounts.isEmpty, "round \(round)")
                // runc knows nothing any more of a container whose creation was cut off, and leaves its cgroup.
                if make == .berth { #expect(fixture.cgroups.isEmpty, "round \(round)") }
                #expect(await Fixture.eventually { fixture.sockets.isEmpty }, "round \(round)")
            }
        }
    }

    @Test(arguments: ShimMake.allCases, ["after-call", "after-shutdown", "after-bundle"])
    func `a supervisor killed inside delete leaves no shim, mount or bundle`(make: ShimMake, point: String) async throws
    {
        try await Fixture.with { fixture in
            try await fixture.restart {
                let status = try fixture.probe("run", "c", make, "exit 3", failpoint: "tasks.delete." + point)
                #expect(status == 137)
            }
            #expect(await Fixture.eventually { fixture.shims.isEmpty })
            for task in try await fixture.runtime.list(namespace: fixture.namespace) {
                #expect(task.status == .stopped)
                _ = try await fixture.runtime.delete(task.containerID, namespace: fixture.namespace)
            }
            #expect(!fixture.bundleExists("c"))
            #expect(fixture.mounts.isEmpty)
            #expect(fixture.sockets.isEmpty)
        }
    }
}
