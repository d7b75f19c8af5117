import CTaskAPI
import Kernel
import TTRPC
import TaskAPI
import Testing

/// A shim that a daemon makes a sandbox of.
@Suite(.serialized) struct SandboxTests {
    /// A request of the Sandbox service; the timeout is that of a stop, in seconds.
    private func request(_ id: String, timeout: UInt64 = 0) -> [UInt8] {
        var writer = MessageWriter()
        writer.text(1, id)
        writer.number(2, timeout)
        return writer.bytes
    }

    @discardableResult
    private func call(_ method: String, _ shim: ShimFixture, _ payload: [UInt8]? = nil) throws -> [UInt8] {
        try shim.call(method, payload ?? request(shim.id), service: SandboxCall.service)
    }

    private func failure(_ method: String, _ shim: ShimFixture, _ payload: [UInt8]? = nil) throws -> StatusCode? {
        do {
            try call(method, shim, payload)
            return nil
        } catch let status as Status {
            return status.code
        }
    }

    private func state(of shim: ShimFixture) throws -> (name: String, pid: UInt32, hasEnded: Bool)? {
        ShimFixture.read(
            try call("SandboxStatus", shim), containerd__runtime__sandbox__v1__sandbox_status_response__unpack
        ) { (String(cString: $0.state), $0.pid, $0.exited_at != nil) }
    }

    /// Whether a call that was sent has its answer.
    private func isAnswered(_ stream: UInt32, _ shim: ShimFixture) -> Bool { shim.client.answers[stream] != nil }

    @Test func `a sandbox is created, started, found, stopped and shut down with its shim`() throws {
        let shim = try ShimFixture()
        try call("CreateSandbox", shim)
        #expect(try failure("CreateSandbox", shim) == .alreadyExists)
        #expect(try state(of: shim)?.name == "SANDBOX_NOTREADY")
        let started = ShimFixture.read(
            try call("StartSandbox", shim), containerd__runtime__sandbox__v1__start_sandbox_response__unpack
        ) { ($0.pid, $0.created_at?.pointee.seconds ?? 0) }
        #expect(started?.0 == UInt32(shim.shim))
        #expect(abs((started?.1 ?? 0) - Clock.now().seconds) < 600)
        #expect(try failure("StartSandbox", shim) == .failedPrecondition)
        #expect(try state(of: shim)?.name == "SANDBOX_READY")
        #expect(try state(of: shim)?.pid == UInt32(shim.shim))
        try call("PingSandbox", shim)

        let wait = try shim.client.send("WaitSandbox", request(shim.id), service: SandboxCall.service)
        try call("PingSandbox", shim)
        #expect(!isAnswered(wait, shim))
        try call("StopSandbox", shim)
        try shim.wait("the answer to who waits") { isAnswered(wait, shim) }
        #expect(try state(of: shim)?.name == "SANDBOX_NOTREADY")
        #expect(try state(of: shim)?.hasEnded == true)
        try call("StopSandbox", shim)
        try call("ShutdownSandbox", shim)
        #expect(try shim.waitForShimExit() == 0)
    }

    @Test func `its platform is that of the host`() throws {
        let shim = try ShimFixture()
        try call("CreateSandbox", shim)
        let platform = ShimFixture.read(
            try call("Platform", shim), containerd__runtime__sandbox__v1__platform_response__unpack
        ) { message in
            message.platform.map { String(cString: $0.pointee.os) + "/" + String(cString: $0.pointee.architecture) }
        }
        #if arch(x86_64)
            #expect(platform == "linux/amd64")
        #elseif arch(arm64)
            #expect(platform == "linux/arm64")
        #endif
    }

    @Test func `a sandbox that is not there is not found`() throws {
        let shim = try ShimFixture()
        let methods = [
            "StartSandbox", "Platform", "StopSandbox", "WaitSandbox", "SandboxStatus", "PingSandbox", "ShutdownSandbox",
            "SandboxMetrics",
        ]
        for method in methods { #expect(try failure(method, shim) == .notFound, "\(method)") }
        try call("CreateSandbox", shim)
        for method in methods { #expect(try failure(method, shim, request("other")) == .notFound, "\(method)") }
        #expect(try failure("Fly", shim) == .unimplemented)
    }

    @Test func `what a sandbox without a process cannot have is refused`() throws {
        let shim = try ShimFixture()
        var withRootfs = MessageWriter()
        withRootfs.text(1, shim.id)
        withRootfs.message(3) { $0.text(1, "overlay") }
        #expect(try failure("CreateSandbox", shim, withRootfs.bytes) == .unimplemented)
    }

    /// Encoded `runtime.v1.PodSandboxConfig`s are long; what counts is `linux.cgroup_parent`.
    private func creation(_ id: String, cgroupParent: String) -> [UInt8] {
        var writer = MessageWriter()
        writer.text(1, id)
        writer.message(4) {
            $0.text(1, TypeName.podSandboxConfig)
            $0.message(2) { config in
                config.text(2, "host")
                config.message(8) { $0.text(1, cgroupParent) }
            }
        }
        return writer.bytes
    }

    /// Whose metrics they are, and their type; nil for none.
    private func metrics(of shim: ShimFixture) throws -> (id: String, type: String?, seconds: Int64)? {
        ShimFixture.read(
            try call("SandboxMetrics", shim), containerd__runtime__sandbox__v1__sandbox_metrics_response__unpack
        ) { message -> (id: String, type: String?, seconds: Int64)? in
            guard let metric = message.metrics?.pointee else { return nil }
            return (
                String(cString: metric.id), metric.data.map { String(cString: $0.pointee.type_url) },
                metric.timestamp?.pointee.seconds ?? 0
            )
        } ?? nil
    }

    @Test func `a sandbox's metrics are those of its cgroup, which its containers are in`() throws {
        let shim = try ShimFixture()
        let parent = "/\(shim.id)-pod"
        try call("CreateSandbox", shim, creation(shim.id, cgroupParent: parent))
        #expect(try failure("SandboxMetrics", shim) == .failedPrecondition)
        try shim.prepareBundle(["/bin/sleep", "1000"])
        let configuration = try SmallFile.text(shim.bundle + "/config.json")
            .replacing("\"cgroupsPath\":\"/\(shim.id)\"", with: "\"cgroupsPath\":\"\(parent)/\(shim.id)\"")
        try SmallFile.replace(shim.bundle + "/config.json", with: Array(configuration.utf8))
        defer {
            let hierarchies = ((try? Directory.entries("/sys/fs/cgroup")) ?? []).map { "/" + $0.name }
            for hierarchy in [""] + hierarchies { try? removeDirectory("/sys/fs/cgroup\(hierarchy)\(parent)") }
        }
        try shim.create()
        try shim.start()
        let metrics = try metrics(of: shim)
        #expect(metrics?.id == shim.id)
        #expect([TypeName.metricsV1, TypeName.metricsV2].contains(metrics?.type))
        #expect(abs((metrics?.seconds ?? 0) - Clock.now().seconds) < 600)
        try call("ShutdownSandbox", shim)
        #expect(try shim.waitForShimExit() == 0)
    }

    @Test func `without a cgroup of the sandbox's own one container stands for it, and more do not`() throws {
        let shim = try ShimFixture()
        try call("CreateSandbox", shim)
        #expect(try metrics(of: shim)?.type == nil)
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try shim.create()
        #expect([TypeName.metricsV1, TypeName.metricsV2].contains(try metrics(of: shim)?.type))
        let second = shim.directory + "/second"
        try Directory.make(second, mode: 0o700)
        let configuration = try SmallFile.text(shim.bundle + "/config.json").replacing(shim.id, with: shim.id + "-2")
            .replacing("\"path\":\"rootfs\"", with: "\"path\":\"\(shim.bundle)/rootfs\"")
        try SmallFile.replace(second + "/config.json", with: Array(configuration.utf8))
        try shim.call("Create", ShimRequest.create(shim.id + "-2", bundle: second))
        #expect(try failure("SandboxMetrics", shim) == .failedPrecondition)
        try call("ShutdownSandbox", shim)
        #expect(try shim.waitForShimExit() == 0)
    }

    @Test func `a task's shutdown does not end the shim of a sandbox`() throws {
        let shim = try ShimFixture()
        try call("CreateSandbox", shim)
        try shim.call("Shutdown", ShimRequest.shutdown(shim.id))
        try sendSignal(15, toProcess: shim.shim)
        try call("PingSandbox", shim)
        #expect(try state(of: shim)?.name == "SANDBOX_NOTREADY")
    }

    @Test func `stopping lets containers end by themselves and is answered when they have`() throws {
        let shim = try ShimFixture()
        try call("CreateSandbox", shim)
        try call("StartSandbox", shim)
        let stdout = try FifoEnd(shim.directory + "/out")
        try shim.prepareBundle(["/bin/sh", "-c", "trap 'exit 5' TERM; echo ready; while :; do sleep 1; done"])
        try shim.create(StdioRequest(stdout: shim.directory + "/out"))
        try shim.start()
        try shim.wait("the container is ready") { stdout.drain() || stdout.text == "ready\n" }
        try call("StopSandbox", shim, request(shim.id, timeout: 600))
        #expect(try shim.waitForExit() == 5)
        #expect(try state(of: shim)?.hasEnded == true)
    }

    @Test func `stopping kills containers that do not end in time`() throws {
        let shim = try ShimFixture()
        try call("CreateSandbox", shim)
        try call("StartSandbox", shim)
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try shim.create()
        try shim.start()
        try call("StopSandbox", shim, request(shim.id, timeout: 1))
        #expect(try shim.waitForExit() == 137)
        try call("ShutdownSandbox", shim)
        #expect(try shim.waitForShimExit() == 0)
        #expect(!Directory.exists("/sys/fs/cgroup/pids/\(shim.id)"))
    }
}
