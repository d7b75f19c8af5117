internal import Kernel
internal import RuntimeSpec

/// Hooks of all kinds that write what they see, and what they wrote.
enum HookReport {
    private static let stages = [
        "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
    ]

    /// $1 is the file to write to, $2 the stage.
    private static let script = """
        { echo "$2"; pwd; /bin/busybox env | /bin/busybox sort | /bin/busybox tr '\\n' ' '; echo
        for name in mnt pid net uts ipc; do /bin/busybox readlink /proc/self/ns/$name; done
        /bin/busybox cat; echo; echo end; } >> "$1"
        """

    static func add(to spec: inout Spec, _ bundle: ComparedBundle) {
        func hook(_ stage: String, _ file: String) -> [Hook] {
            [Hook(path: "/bin/busybox", args: ["sh", "-c", script, "hook", file, stage], env: ["HOOK=" + stage])]
        }
        var hooks = Hooks()
        hooks.prestart = hook("prestart", file(of: bundle))
        hooks.createRuntime = hook("createRuntime", file(of: bundle))
        hooks.createContainer = hook("createContainer", file(of: bundle))
        // Its root is the container's.
        hooks.startContainer = hook("startContainer", "/tmp/hooks")
        hooks.poststart = hook("poststart", file(of: bundle))
        hooks.poststop = hook("poststop", file(of: bundle))
        spec.hooks = hooks
    }

    private static func file(of bundle: ComparedBundle) -> String { bundle.directory + "/hooks" }

    /// What they wrote, by names, with the order in which those outside of the container's root ran.
    static func read(_ bundle: ComparedBundle) throws -> [String: String] {
        var values: [String: String] = [:]
        var order: [String] = []
        for path in [file(of: bundle), bundle.rootfs + "/tmp/hooks"] {
            var lines = ((try? SmallFile.text(path, limit: 1 << 20)) ?? "").split(
                separator: "\n", omittingEmptySubsequences: false)[...]
            while let stage = lines.first, stages.contains(String(stage)) {
                let end = lines.firstIndex(of: "end") ?? lines.endIndex
                values.merge(report(String(stage), lines[..<end].dropFirst().map(String.init))) { $1 }
                order.append(String(stage))
                lines = lines[end...].dropFirst()
            }
        }
        values["hook order"] = "\(order)"
        return values
    }

    private static func report(_ stage: String, _ lines: [String]) -> [String: String] {
        guard lines.count > 7 else { return ["hook \(stage)": "\(lines)"] }
        var values = ["hook \(stage) cwd": lines[0], "hook \(stage) environment": lines[1]]
        for (name, link) in zip(["mnt", "pid", "net", "uts", "ipc"], lines[2..<7]) {
            values["hook \(stage) namespace \(name)"] = Sighting.owner(of: link, name)
        }
        let text = Array(lines[7...].joined(separator: "\n").utf8)
        guard let state = try? text.withUnsafeBytes({ try JSONReader.parse(State.self, $0) }) else {
            values["hook \(stage) state"] = lines[7...].joined()
            return values
        }
        values["hook \(stage) state"] =
            "\(state.id) \(state.status) with \((state.pid ?? 0) > 0 ? "a" : "no") process in \(state.bundle)"
            + " \(state.annotations.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })"
        return values
    }
}
