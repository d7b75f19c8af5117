internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// What runc and crun refuse, Berth's runtime refuses, and it says where the fault is and what was expected there.
@Suite(.needsRoot, .serialized) struct RefusalComparisonTests {
    @Test func `invalid configurations are refused by all, and our message names the place`() throws {
        try Workshop.with { workshop in
            try ComparedBundle.furnish(workshop)
            for (number, one) in InvalidConfiguration.all.enumerated() { try check(one, number, workshop) }
            #expect(try workshop.leftovers() == [])
        }
    }

    private func check(_ one: InvalidConfiguration, _ number: Int, _ workshop: Workshop) throws {
        let bundles = try ComparedRuntime.allCases.map { try ComparedBundle($0, "\(number)", in: workshop) }
        defer { for bundle in bundles { removeTree(bundle.directory) } }
        for bundle in bundles {
            var spec = try ComparedCase("").spec(for: bundle)
            spec.process?.args = ["true"]
            one.spoil(&spec)
            try bundle.write(spec)
        }
        let group = RuntimeGroup(bundles: bundles, workshop: workshop)
        let outcomes = try group.together { ["run", "--bundle", $0.directory, $0.id] }
        _ = try group.together { ["delete", "--force", $0.id] }
        for (runtime, tool) in outcomes {
            let isAccepted = tool.code == 0
            #expect(
                isAccepted == one.acceptedBy.contains(runtime),
                "\(one.path) \(one.message): \(runtime.rawValue): code \(tool.code) \(tool.errors)")
        }
        let ours = (outcomes[.berth]?.errors ?? "").replacing("\\\"", with: "\"")
        #expect(ours.contains(one.path) && ours.contains(one.message), "\(one.path) \(one.message): \(ours)")
    }
}
