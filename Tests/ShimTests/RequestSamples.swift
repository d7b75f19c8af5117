import TaskAPI

/// One request of each kind that the shim serves, for fuzzing: valid, and such that nothing it may become by damage
/// reaches beyond the fixture's directory.
struct RequestSample {
    let service: String
    let method: String
    let payload: [UInt8]

    private static let task = "containerd.task.v2.Task"

    /// - Parameters:
    ///   - id: a container that runs, and the sandbox that the shim is.
    ///   - second: another one, with a bundle of its own, which may not exist.
    static func all(id: String, bundle: String, second: String, secondBundle: String) -> [RequestSample] {
        let files = String(bundle[..<(bundle.lastIndex(of: "/") ?? bundle.startIndex)])
        let stdio = StdioRequest(stdin: files + "/in", stdout: files + "/out", stderr: files + "/out")
        let tasks: [(String, [UInt8])] = [
            ("Create", ShimRequest.create(id, bundle: bundle)),
            ("Create", create(second, bundle: secondBundle, stdio)),
            ("Start", ShimRequest.process(id)), ("Start", ShimRequest.process(second)),
            ("Delete", ShimRequest.process(second)), ("Delete", ShimRequest.process(id, "e")),
            ("Exec", ShimRequest.exec(id, "e", spec: ShimFixture.process(["/bin/true"]), stdio: stdio)),
            ("Start", ShimRequest.process(id, "e")), ("Kill", ShimRequest.kill(id, "e", signal: 9)),
            ("Kill", ShimRequest.kill(id, signal: 0)), ("Kill", ShimRequest.kill(second, signal: 9, all: true)),
            ("State", ShimRequest.process(id)), ("Wait", ShimRequest.process(id)), ("Pids", ShimRequest.process(id)),
            ("Pause", ShimRequest.process(id)), ("Resume", ShimRequest.process(id)),
            ("Stats", ShimRequest.process(id)), ("Connect", ShimRequest.process(id)),
            ("ResizePty", ShimRequest.resize(id, width: 80, height: 25)), ("CloseIO", ShimRequest.closeStdin(id)),
            ("Update", ShimRequest.update(id, resources: #"{"memory":{"limit":67108864},"pids":{"limit":50}}"#)),
            ("Checkpoint", ShimRequest.checkpoint(id, to: files + "/images", exits: false)),
            ("Shutdown", ShimRequest.shutdown(id)),
        ]
        let sandbox = ["StartSandbox", "Platform", "WaitSandbox", "SandboxStatus", "PingSandbox", "SandboxMetrics"]
        return tasks.map { RequestSample(service: task, method: $0.0, payload: $0.1) }
            + sandbox.map {
                RequestSample(service: SandboxCall.service, method: $0, payload: ShimRequest.process(id))
            }
            + ["CreateSandbox", "ShutdownSandbox", "StopSandbox"].map {
                RequestSample(service: SandboxCall.service, method: $0, payload: ShimRequest.process(second))
            }
    }

    /// With everything that the message can have.
    private static func create(_ id: String, bundle: String, _ stdio: StdioRequest) -> [UInt8] {
        var writer = MessageWriter()
        writer.text(1, id)
        writer.text(2, bundle)
        // Damage to a file system in memory leads nowhere else.
        writer.message(3) {
            $0.text(1, "tmpfs")
            $0.text(2, "none")
            $0.text(4, "size=1m")
            $0.text(4, "mode=755")
        }
        writer.text(5, stdio.stdin)
        writer.text(6, stdio.stdout)
        writer.text(7, stdio.stderr)
        writer.message(10) {
            $0.text(1, TypeName.runtimeOptions)
            $0.message(2) { options in
                options.number(1, 1)
                options.number(2, 1)
                options.number(8, 5)
            }
        }
        return writer.bytes
    }
}
