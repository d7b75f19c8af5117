internal import Kernel
internal import RuntimeSpec
internal import TestKit

/// One case, run by every runtime at the same time.
struct Comparison {
    let name: String
    /// The config.json that Berth's runtime was given, for the report.
    let configuration: String
    let sightings: [ComparedRuntime: Sighting]

    /// The end of the name of how a process ended: where it differs, the rest of the process is not worth comparing.
    static let outcome = "outcome"

    init(_ one: ComparedCase, number: Int, in workshop: Workshop) throws {
        name = one.name
        let bundles = try ComparedRuntime.allCases.map { try ComparedBundle($0, "\(number)", in: workshop) }
        defer { for bundle in bundles { removeTree(bundle.directory) } }
        var hasTerminal = false
        for bundle in bundles {
            var spec = try one.spec(for: bundle)
            hasTerminal = spec.process?.terminal ?? false
            if one.hasHooks { HookReport.add(to: &spec, bundle) }
            if !one.later.isEmpty { spec.process?.args = ["sleep", "1000"] }
            try bundle.write(spec)
        }
        configuration = try SmallFile.text(bundles[0].directory + "/config.json")
        let group = RuntimeGroup(bundles: bundles, workshop: workshop)
        var sightings = one.later.isEmpty ? try group.run(terminal: hasTerminal) : try group.enter(one)
        if one.hasHooks {
            for bundle in bundles {
                for (name, value) in try HookReport.read(bundle) {
                    sightings[bundle.runtime]?.add(name, value, in: bundle)
                }
            }
        }
        self.sightings = sightings
    }

    struct Difference: CustomStringConvertible {
        let peer: ComparedRuntime
        let place: String
        let name: String
        let ours: String?
        let theirs: String?

        /// The name without the process it is of.
        var property: String {
            String(name.replacing(#/^process \d+ /#, with: ""))
        }

        var description: String {
            "\(place): \(name): \(peer.rawValue) has \"\(theirs ?? "nothing")\", berth has \"\(ours ?? "nothing")\""
        }
    }

    var differences: [Difference] {
        [ComparedRuntime.runc, .crun].flatMap { peer in
            let ours = sightings[.berth]?.values ?? [:]
            let theirs = sightings[peer]?.values ?? [:]
            let names = Set(ours.keys).union(theirs.keys).sorted().filter { ours[$0] != theirs[$0] }
            let failed = names.filter { $0.hasSuffix(Self.outcome) }.map { String($0.dropLast(Self.outcome.count)) }
            let telling = names.filter { name in
                name.hasSuffix(Self.outcome) || !failed.contains { name.hasPrefix($0) }
            }
            return telling.map {
                Difference(peer: peer, place: name, name: $0, ours: ours[$0], theirs: theirs[$0])
            }
        }
    }
}
