package import Model

extension ReferenceGraph {
    /// The candidates that no root reaches, in their order. Takes time linear in nodes and references, and no stack.
    ///
    /// A node held by a flat lease keeps its ancestors, but follows no labels; the same node reached in full from
    /// anywhere else follows them all. So a node may be visited twice, first flat and then in full.
    package func garbage() -> [Node] {
        enum Reach { case flat, full }

        var reached: [Node: Reach] = [:]
        reached.reserveCapacity(candidates.count)
        var pending: [(Node, Reach)] = roots.map { ($0, .full) } + flatRoots.map { ($0, .flat) }
        while let (node, reach) = pending.popLast() {
            if let earlier = reached[node], earlier == .full || reach == .flat { continue }
            reached[node] = reach
            if let parent = parents[node] { pending.append((parent, reach)) }
            guard reach == .full, let others = references[node] else { continue }
            for other in others { pending.append((other, .full)) }
        }
        return candidates.filter { reached[$0] == nil }
    }
}
