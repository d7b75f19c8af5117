internal import Kernel
internal import TestKit
internal import Testing

/// Berth's runtime against Debian's runc and crun: a program in a container sees the same, whichever of them made it.
@Suite(.needsRoot, .serialized) struct RuntimeComparisonTests {
    private func compare(_ cases: [ComparedCase]) throws {
        try Workshop.with { workshop in
            try ComparedBundle.furnish(workshop)
            for (number, one) in cases.enumerated() {
                let comparison = try Comparison(one, number: number, in: workshop)
                let unexplained = comparison.differences.filter { !KnownDifferences.explain($0) }
                for difference in unexplained { Issue.record("\(difference)") }
                if !unexplained.isEmpty { Issue.record("the configuration was \(comparison.configuration)") }
            }
        }
    }

    @Test func `configurations that engines write`() throws {
        try compare(PickedCases.all)
    }

    @Test func `configurations that combine fields at random`() throws {
        try compare(GeneratedCases.make(60))
    }
}
