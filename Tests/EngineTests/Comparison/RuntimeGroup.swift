internal import GuestReport
internal import Kernel
internal import RuntimeSpec

/// The copies of a bundle, each with its runtime.
struct RuntimeGroup {
    let bundles: [ComparedBundle]
    let workshop: Workshop

    /// Runs a command of all runtimes at once, and waits for all.
    func together(
        terminal: Bool = false, _ command: (ComparedBundle) -> [String]
    ) throws -> [ComparedRuntime: Tool] {
        var started: [(ComparedBundle, RunningTool)] = []
        for bundle in bundles {
            var words = try bundle.words(command(bundle))
            if terminal {
                let line = words.map { "'" + $0.replacing("'", with: "'\\''") + "'" }.joined(separator: " ")
                words = ["script", "-qec", line, "/dev/null"]
            }
            started.append((bundle, try RunningTool(words, input: bundle.input, output: bundle.directory + "/out")))
        }
        return try Dictionary(
            uniqueKeysWithValues: started.map { bundle, tool in (bundle.runtime, try tool.wait()) })
    }

    /// The guest as the container's program.
    func run(terminal: Bool) throws -> [ComparedRuntime: Sighting] {
        let outcomes = try together(terminal: terminal) { ["run", "--bundle", $0.directory, $0.id] }
        _ = try together { ["delete", "--force", $0.id] }
        var sightings: [ComparedRuntime: Sighting] = [:]
        for bundle in bundles {
            var sighting = Sighting()
            add(outcomes[bundle.runtime], of: "", to: &sighting, bundle)
            sightings[bundle.runtime] = sighting
        }
        return sightings
    }

    /// The guest as later processes of a container that sleeps.
    func enter(_ one: ComparedCase) throws -> [ComparedRuntime: Sighting] {
        var sightings: [ComparedRuntime: Sighting] = [:]
        defer { _ = try? together { ["delete", "--force", $0.id] } }
        let created = try together { ["create", "--bundle", $0.directory, $0.id] }
        let started = try together { ["start", $0.id] }
        for bundle in bundles {
            sightings[bundle.runtime] = Sighting()
            for (name, tool) in [("create ", created), ("start ", started)] where tool[bundle.runtime]?.code != 0 {
                sightings[bundle.runtime]?.add(
                    name + Comparison.outcome, "\(tool[bundle.runtime]?.errors ?? "")", in: bundle)
            }
        }
        for (index, process) in one.later.enumerated() {
            var process = process
            process.args = ["/guest", "look"] + one.paths
            for bundle in bundles {
                try SmallFile.replace(bundle.directory + "/process.json", with: JSONWriter.bytes(of: process))
            }
            let outcomes = try together(terminal: process.terminal) {
                ["exec", "--process", $0.directory + "/process.json", $0.id]
            }
            for bundle in bundles {
                add(
                    outcomes[bundle.runtime], of: "process \(index) ",
                    to: &sightings[bundle.runtime, default: Sighting()], bundle)
            }
        }
        return sightings
    }

    private func add(_ tool: Tool?, of process: String, to sighting: inout Sighting, _ bundle: ComparedBundle) {
        // A terminal shows that script(1) came to the end of its own input, wherever the output is by then.
        let output = (tool?.output ?? "").replacing("^@", with: "").replacing("^D\u{8}\u{8}", with: "")
        guard let tool, tool.code == 0, let first = output.firstIndex(of: "{"), let last = output.lastIndex(of: "}"),
            let seen = try? Array(output[first...last].utf8).withUnsafeBytes({
                try JSONReader.parse(Observation.self, $0)
            })
        else {
            let words = "code \(tool?.code ?? -1): \(tool?.errors ?? "") \(output.prefix(300))"
            return sighting.add(process + Comparison.outcome, words, in: bundle)
        }
        sighting.add(seen, of: process, in: bundle)
    }
}
