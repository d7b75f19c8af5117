import Model
import Reclaim
import TestKit
import Testing

private typealias Node = ReferenceGraph.Node

private func blob(_ key: String) -> Node { Node(kind: .content, namespace: "n", key: key) }

struct GarbageTests {
    @Test func `what no root reaches is garbage`() {
        let graph = ReferenceGraph(
            roots: [blob("a")], references: [blob("a"): [blob("b")], blob("c"): [blob("d")]],
            candidates: ["a", "b", "c", "d"].map(blob))
        #expect(graph.garbage() == [blob("c"), blob("d")])
    }

    @Test func `cycles and dead references end`() {
        let graph = ReferenceGraph(
            roots: [blob("a")], references: [blob("a"): [blob("b"), blob("missing")], blob("b"): [blob("a")]],
            candidates: [blob("a"), blob("b"), blob("c")])
        #expect(graph.garbage() == [blob("c")])
    }

    @Test func `a flat root keeps its ancestors but follows no references`() {
        let graph = ReferenceGraph(
            flatRoots: [blob("a")], references: [blob("a"): [blob("b")], blob("p"): [blob("c")]],
            parents: [blob("a"): blob("p")], candidates: ["a", "b", "c", "p"].map(blob))
        #expect(graph.garbage() == [blob("b"), blob("c")])
    }

    @Test func `a node held both ways is followed in full`() {
        let graph = ReferenceGraph(
            roots: [blob("r")], flatRoots: [blob("a")],
            references: [blob("r"): [blob("a")], blob("a"): [blob("b")], blob("p"): [blob("c")]],
            parents: [blob("a"): blob("p")], candidates: ["a", "b", "c", "p"].map(blob))
        #expect(graph.garbage().isEmpty)
    }

    @Test func `a chain of a hundred thousand snapshots overflows nothing`() {
        let chain = (0..<100_000).map { Node(kind: .snapshot(snapshotter: "overlayfs"), namespace: "n", key: "\($0)") }
        let parents = Dictionary(uniqueKeysWithValues: zip(chain.dropFirst(), chain))
        let graph = ReferenceGraph(roots: [chain[99_998]], parents: parents, candidates: chain)
        #expect(graph.garbage() == [chain[99_999]])
    }

    @Test(arguments: 0..<400)
    func `random graphs agree with naive reachability`(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        let nodes = (0..<Int.random(in: 1...40, using: &random)).map { blob("\($0)") }
        var graph = ReferenceGraph(candidates: nodes)
        for _ in 0..<Int.random(in: 0...60, using: &random) {
            graph.references[nodes.randomElement(using: &random)!, default: []]
                .append(nodes.randomElement(using: &random)!)
        }
        for node in nodes where Int.random(in: 0..<4, using: &random) == 0 {
            graph.parents[node] = nodes.randomElement(using: &random)!
        }
        graph.roots = nodes.filter { _ in Int.random(in: 0..<8, using: &random) == 0 }
        graph.flatRoots = nodes.filter { _ in Int.random(in: 0..<8, using: &random) == 0 }
        #expect(graph.garbage() == naiveGarbage(graph), "seed \(seed)")
    }

    /// Grows the two sets by one step at a time until nothing changes.
    private func naiveGarbage(_ graph: ReferenceGraph) -> [Node] {
        var full = Set(graph.roots)
        var kept = full.union(graph.flatRoots)
        var size = -1
        while size != full.count + kept.count {
            size = full.count + kept.count
            for node in full {
                full.formUnion(graph.references[node] ?? [])
                if let parent = graph.parents[node] { full.insert(parent) }
            }
            for node in kept {
                if let parent = graph.parents[node] { kept.insert(parent) }
            }
            kept.formUnion(full)
        }
        return graph.candidates.filter { !kept.contains($0) }
    }
}
