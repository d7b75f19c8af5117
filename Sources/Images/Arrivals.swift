internal import ImageSpec
internal import Model

/// Which blobs of a pull have arrived; those who need one wait here.
actor Arrivals {
    private var arrived: Set<Digest> = []
    private var failure: Failure?
    private var waiting: [Digest: [CheckedContinuation<Void, Never>]] = [:]

    func arrived(_ digest: Digest) {
        arrived.insert(digest)
        for waiter in waiting.removeValue(forKey: digest) ?? [] { waiter.resume() }
    }

    /// Nothing more will arrive.
    func fail(_ failure: Failure) {
        self.failure = failure
        for waiter in waiting.values.joined() { waiter.resume() }
        waiting = [:]
    }

    func wait(for digest: Digest) async throws(Failure) {
        if !arrived.contains(digest), failure == nil {
            await withCheckedContinuation { waiting[digest, default: []].append($0) }
        }
        if !arrived.contains(digest), let failure { throw failure }
    }
}
