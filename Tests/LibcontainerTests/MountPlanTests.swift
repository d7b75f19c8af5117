internal import RuntimeSpec
internal import Testing

@testable internal import Libcontainer

@Suite struct MountPlanTests {
    private func plan(_ mount: Mount) throws -> MountPlan {
        try MountPlan(mount, bundle: "/bundle", field: "mounts[0]")
    }

    @Test(arguments: ["/proc", "/proc/self", "/proc/sys/kernel", "/proc//1/../sys"])
    func `a volume below proc is refused`(destination: String) {
        #expect(throws: ContainerError.self) {
            try plan(Mount(destination: destination, type: "tmpfs", source: "tmpfs"))
        }
    }

    @Test func `procfs itself and what virtualises its files are not`() throws {
        _ = try plan(Mount(destination: "/proc", type: "proc", source: "proc"))
        _ = try plan(Mount(destination: "/proc/meminfo", type: "bind", source: "/x", options: ["bind"]))
    }

    @Test(arguments: ["/", "/..", ".", "/a/.."])
    func `the root is no destination`(destination: String) {
        #expect(throws: ContainerError.self) {
            try plan(Mount(destination: destination, type: "tmpfs", source: "tmpfs"))
        }
    }

    @Test func `a relative source counts from the bundle`() throws {
        let plan = try plan(Mount(destination: "/x", type: "bind", source: "data", options: ["rbind"]))
        guard case .bind("/bundle/data", true) = plan.kind else {
            Issue.record("\(plan.kind)")
            return
        }
    }

    @Test func `a bind mount without a source is refused`() {
        #expect(throws: ContainerError.self) { try plan(Mount(destination: "/x", type: "bind", source: nil)) }
    }
}
