package import Logging
package import Model
internal import Synchronization

/// Decides when to collect garbage, marks it, and has it removed: first its records, then its bytes.
///
/// A pull under way is safe by its lease, whose resources are added in the transactions that make them. A reference
/// that appears between mark and removal is safe too: records are removed only if nothing has changed since the mark;
/// stores too busy for that are marked and swept in one transaction instead.
///
/// A crash leaves either all of the garbage's records, and the next collection takes them, or bytes without records,
/// which the stores sweep at start.
package actor Collector: GarbageCollector {
    /// How often a mark that was overtaken is repeated before the stores are made to wait.
    private static let attempts = 3
    /// After a failure, and as the longest sleep until an expiry: wall clocks are set.
    private static let retryDelay: Int64 = 60

    private let reclaimable: any Reclaimable
    private let content: any ContentStore
    private let snapshotters: [any Snapshotter]
    private let logger: Logger
    private let delay: Duration

    private var waiting: [CheckedContinuation<Failure?, Never>] = []
    private var isRunning = false
    /// Stores whose records were removed and whose bytes were not yet.
    private var unswept: Set<Store> = []
    private var expiry: Timestamp?
    private var timer: Task<Void, Never>?
    private var lastDuration: Duration = .zero
    private let isScheduled = Mutex(false)
    private let listener = Mutex<Task<Void, Never>?>(nil)

    private enum Store: Hashable {
        case content
        case snapshotter(String)
    }

    /// - Parameters:
    ///   - snapshotters: every driver, once.
    ///   - delay: from the first reason to collect until the collection, so that one serves many deletions.
    package init(
        reclaimable: any Reclaimable, content: any ContentStore, snapshotters: [any Snapshotter], logger: Logger,
        delay: Duration = .milliseconds(500)
    ) {
        self.reclaimable = reclaimable
        self.content = content
        self.snapshotters = snapshotters
        self.logger = logger
        self.delay = delay
        let expiries = reclaimable.expiries
        let listener = Task { [weak self] in
            for await time in expiries { await self?.note(expiry: time) }
        }
        self.listener.withLock { $0 = listener }
    }

    deinit {
        timer?.cancel()
        listener.withLock { $0?.cancel() }
    }

    nonisolated package func schedule() {
        let isFirst = isScheduled.withLock { isScheduled in
            defer { isScheduled = true }
            return !isScheduled
        }
        guard isFirst else { return }
        Task { [weak self] in
            guard let delay = await self?.nextDelay else { return }
            try? await Task.sleep(for: delay)
            // From here on a deletion needs a collection of its own.
            self?.isScheduled.withLock { $0 = false }
            try? await self?.collect()
        }
    }

    package func collect() async throws(Failure) {
        let failure: Failure? = await withCheckedContinuation { continuation in
            waiting.append(continuation)
            guard !isRunning else { return }
            isRunning = true
            Task { await run() }
        }
        if let failure { throw failure }
    }

    /// At most a fiftieth of the time goes into collections that nobody waits for.
    private var nextDelay: Duration { max(delay, lastDuration * 50) }

    /// One collection serves all who came before it began; those who come while it runs share the next.
    private func run() async {
        while !waiting.isEmpty {
            let batch = waiting
            waiting = []
            let failure = await collectOnce()
            for waiter in batch { waiter.resume(returning: failure) }
        }
        isRunning = false
    }

    private func collectOnce() async -> Failure? {
        let start = ContinuousClock.now
        defer { lastDuration = ContinuousClock.now - start }
        do throws(Failure) {
            let (graph, removed) = try await removeRecords()
            if let next = graph.nextExpiry { note(expiry: next) }
            for node in removed { unswept.formUnion(store(of: node)) }
            try await sweep()
            if !removed.isEmpty {
                logger.debug(
                    "collected garbage",
                    metadata: ["removed": "\(removed.count)", "of": "\(graph.candidates.count)"])
            }
            return nil
        } catch {
            logger.error("garbage collection failed", metadata: ["error": "\(error)"])
            note(expiry: Timestamp(seconds: Timestamp.now().seconds + Self.retryDelay))
            return error
        }
    }

    private func removeRecords() async throws(Failure) -> (ReferenceGraph, [ReferenceGraph.Node]) {
        for _ in 0..<Self.attempts {
            let graph = try await reclaimable.graph(at: .now())
            let garbage = graph.garbage()
            if garbage.isEmpty { return (graph, []) }
            if try await reclaimable.remove(garbage, unlessChangedSince: graph) { return (graph, garbage) }
        }
        return try await reclaimable.reclaim(at: .now()) { $0.garbage() }
    }

    private func store(of node: ReferenceGraph.Node) -> [Store] {
        switch node.kind {
        case .content, .ingest: [.content]
        case .snapshot(let snapshotter): [.snapshotter(snapshotter)]
        case .image, .container, .sandbox, .lease: []
        }
    }

    /// Every store gets its turn, also after another's has failed; what failed is tried again by the next collection.
    private func sweep() async throws(Failure) {
        var failure: Failure?
        for store in unswept {
            do throws(Failure) {
                switch store {
                case .content: try await content.sweep()
                case .snapshotter(let name):
                    for snapshotter in snapshotters where SnapshotterName.canonical(snapshotter.name) == name {
                        try await snapshotter.sweep()
                    }
                }
                unswept.remove(store)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}

// Leases end while nobody does anything.
extension Collector {
    private func note(expiry time: Timestamp) {
        if let expiry, expiry <= time { return }
        expiry = time
        timer?.cancel()
        timer = Task { [weak self] in await self?.sleepUntilExpiry() }
    }

    private func sleepUntilExpiry() async {
        while let expiry, !Task.isCancelled {
            let now = Timestamp.now()
            guard now <= expiry else {
                self.expiry = nil
                schedule()
                return
            }
            // A moment more, since what expires now has not expired yet.
            let left =
                Duration.seconds(expiry.seconds - now.seconds) + .nanoseconds(expiry.nanoseconds - now.nanoseconds)
                + .milliseconds(1)
            try? await Task.sleep(for: min(left, .seconds(Self.retryDelay)))
        }
    }
}
