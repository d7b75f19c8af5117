import ImageSpec
import Logging
import Model
import Reclaim
import Synchronization
import Testing

private typealias Node = ReferenceGraph.Node

private let blob = Node(kind: .content, namespace: "n", key: "blob")
private let ingest = Node(kind: .ingest, namespace: "n", key: "ref")
private let layer = Node(kind: .snapshot(snapshotter: "overlayfs"), namespace: "n", key: "layer")

/// Stores that hold candidates and nothing else, and a change by somebody else before each of some removals.
private final class FakeStores: Reclaimable {
    struct State {
        var graph = ReferenceGraph(candidates: [blob, ingest, layer])
        var changesToCome = 0
        var exclusive = 0
        var marks = 0
        var failure: Failure?
    }

    let state = Mutex(State())
    let (expiries, newExpiry) = AsyncStream<Timestamp>.makeStream()

    func graph(at now: Timestamp) async throws(Failure) -> ReferenceGraph {
        try check()
        return state.withLock { state in
            state.marks += 1
            return state.graph
        }
    }

    func remove(_ garbage: [Node], unlessChangedSince graph: ReferenceGraph) async throws(Failure) -> Bool {
        state.withLock { state in
            if state.changesToCome > 0 {
                state.changesToCome -= 1
                state.graph.generation += 1
            }
            guard state.graph.generation == graph.generation else { return false }
            state.graph.candidates.removeAll(where: garbage.contains)
            return true
        }
    }

    func reclaim(
        at now: Timestamp, garbage: @escaping @Sendable (ReferenceGraph) -> [Node]
    ) async throws(Failure) -> (graph: ReferenceGraph, removed: [Node]) {
        state.withLock { state in
            state.exclusive += 1
            let removed = garbage(state.graph)
            state.graph.candidates.removeAll(where: removed.contains)
            return (state.graph, removed)
        }
    }

    private func check() throws(Failure) {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }
}

private final class Sweeps: Sendable {
    let counts = Mutex<[String: Int]>([:])
    let failing = Mutex<Set<String>>([])

    func sweep(_ name: String) throws(Failure) {
        counts.withLock { $0[name, default: 0] += 1 }
        if failing.withLock({ $0.contains(name) }) { throw Failure(.internal, "\(name): cannot sweep") }
    }

    subscript(name: String) -> Int { counts.withLock { $0[name] ?? 0 } }
}

private func unused() -> Failure { Failure(.unimplemented, "not used here") }

private struct FakeContent: ContentStore {
    let sweeps: Sweeps

    func sweep() async throws(Failure) { try sweeps.sweep("content") }
    func info(_ digest: Digest, in scope: Scope) async throws(Failure) -> ContentInfo { throw unused() }
    func update(_ info: ContentInfo, _ update: FieldUpdate, in scope: Scope) async throws(Failure) -> ContentInfo {
        throw unused()
    }
    func list(filters: [String], in scope: Scope) async throws(Failure) -> [ContentInfo] { throw unused() }
    func delete(_ digest: Digest, in scope: Scope) async throws(Failure) { throw unused() }
    func open(_ digest: Digest, in scope: Scope) async throws(Failure) -> any BlobReader { throw unused() }
    func status(_ reference: String, in scope: Scope) async throws(Failure) -> IngestStatus { throw unused() }
    func statuses(filters: [String], in scope: Scope) async throws(Failure) -> [IngestStatus] { throw unused() }
    func abort(_ reference: String, in scope: Scope) async throws(Failure) { throw unused() }
    func openWriter(
        _ reference: String, total: Int64, expected: Digest?, in scope: Scope
    ) async throws(Failure) -> any BlobWriter { throw unused() }
}

private struct FakeSnapshotter: Snapshotter {
    let name: String
    let sweeps: Sweeps

    func sweep() async throws(Failure) { try sweeps.sweep(name) }
    func stat(_ key: String, in scope: Scope) async throws(Failure) -> SnapshotInfo { throw unused() }
    func update(_ info: SnapshotInfo, _ update: FieldUpdate, in scope: Scope) async throws(Failure) -> SnapshotInfo {
        throw unused()
    }
    func usage(_ key: String, in scope: Scope) async throws(Failure) -> SnapshotUsage { throw unused() }
    func mounts(_ key: String, in scope: Scope) async throws(Failure) -> [Mount] { throw unused() }
    func prepare(
        _ key: String, parent: String, labels: [String: String], in scope: Scope
    ) async throws(Failure) -> [Mount] { throw unused() }
    func view(
        _ key: String, parent: String, labels: [String: String], in scope: Scope
    ) async throws(Failure) -> [Mount] { throw unused() }
    func commit(_ name: String, key: String, labels: [String: String], in scope: Scope) async throws(Failure) {
        throw unused()
    }
    func remove(_ key: String, in scope: Scope) async throws(Failure) { throw unused() }
    func list(filters: [String], in scope: Scope) async throws(Failure) -> [SnapshotInfo] { throw unused() }
}

struct CollectorTests {
    private let stores = FakeStores()
    private let sweeps = Sweeps()
    private let collector: Collector

    init() {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let sweeps = sweeps
        collector = Collector(
            reclaimable: stores, content: FakeContent(sweeps: sweeps),
            snapshotters: ["overlayfs", "native"].map { FakeSnapshotter(name: $0, sweeps: sweeps) }, logger: logger,
            delay: .milliseconds(1))
    }

    private func eventually(_ condition: () -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(60)
        while !condition(), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(1)) }
        return condition()
    }

    private var remaining: [Node] { stores.state.withLock { $0.graph.candidates } }

    @Test func `a collection removes records, then sweeps the stores that had them`() async throws {
        try await collector.collect()
        #expect(remaining.isEmpty)
        #expect(sweeps["content"] == 1 && sweeps["overlayfs"] == 1 && sweeps["native"] == 0)
    }

    @Test func `nothing to collect sweeps nothing`() async throws {
        stores.state.withLock { $0.graph.candidates = [] }
        try await collector.collect()
        #expect(sweeps["content"] == 0 && sweeps["overlayfs"] == 0)
    }

    @Test func `what is reachable stays`() async throws {
        stores.state.withLock { $0.graph.roots = [blob, layer, ingest] }
        try await collector.collect()
        #expect(remaining == [blob, ingest, layer])
    }

    @Test func `a mark that was overtaken is repeated`() async throws {
        stores.state.withLock { $0.changesToCome = 2 }
        try await collector.collect()
        #expect(remaining.isEmpty)
        #expect(stores.state.withLock { $0.marks } == 3 && stores.state.withLock { $0.exclusive } == 0)
    }

    @Test func `stores that never rest are made to wait`() async throws {
        stores.state.withLock { $0.changesToCome = 1000 }
        try await collector.collect()
        #expect(remaining.isEmpty)
        #expect(stores.state.withLock { $0.exclusive } == 1)
        #expect(sweeps["content"] == 1)
    }

    @Test func `a schedule is followed by a collection`() async throws {
        collector.schedule()
        #expect(try await eventually { remaining.isEmpty })
    }

    @Test func `many schedules share few collections`() async throws {
        for _ in 0..<1000 { collector.schedule() }
        #expect(try await eventually { remaining.isEmpty })
        #expect(stores.state.withLock { $0.marks } < 1000)
    }

    @Test func `an expiry on idle stores is followed by a collection`() async throws {
        stores.newExpiry.yield(.now())
        #expect(try await eventually { remaining.isEmpty })
    }

    @Test func `an expiry that the graph names is followed by a collection`() async throws {
        stores.state.withLock { state in
            state.graph.roots = [blob]
            state.graph.nextExpiry = .now()
        }
        try await collector.collect()
        stores.state.withLock { $0.graph.roots = [] }
        #expect(try await eventually { remaining.isEmpty })
    }

    @Test func `a failure reaches all who wait`() async throws {
        stores.state.withLock { $0.failure = Failure(.dataLoss, "damaged") }
        let collector = collector
        await withTaskGroup(of: Failure.Code?.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    do throws(Failure) {
                        try await collector.collect()
                        return nil
                    } catch {
                        return error.code
                    }
                }
            }
            for await code in group { #expect(code == .dataLoss) }
        }
    }

    @Test func `a sweep that failed is made up for`() async throws {
        sweeps.failing.withLock { _ = $0.insert("content") }
        await #expect(throws: Failure.self) { try await collector.collect() }
        #expect(sweeps["overlayfs"] == 1)
        sweeps.failing.withLock { $0.removeAll() }
        try await collector.collect()
        #expect(sweeps["content"] == 2 && sweeps["overlayfs"] == 1)
    }
}
