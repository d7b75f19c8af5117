internal import Model
internal import Synchronization

/// Who writes which ingest: at most one writer for each reference of a namespace.
final class Claims: Sendable {
    fileprivate struct Name: Hashable {
        let namespace: String
        let reference: String
    }

    /// Holds a reference until it is let go of or dropped.
    final class Claim: Sendable {
        private let claims: Claims
        private let name: Name
        private let held = Mutex(true)

        fileprivate init(_ claims: Claims, _ name: Name) {
            self.claims = claims
            self.name = name
        }

        func release() {
            let wasHeld = held.withLock { held in
                defer { held = false }
                return held
            }
            if wasHeld { claims.release(name) }
        }

        deinit {
            release()
        }
    }

    private let names = Mutex<[Name: Timestamp]>([:])

    /// `unavailable` while another writer holds the reference; clients wait and try again on that code.
    func claim(_ reference: String, namespace: String) throws(Failure) -> Claim {
        let name = Name(namespace: namespace, reference: reference)
        let since: Timestamp? = names.withLock { names in
            if let since = names[name] { return since }
            names[name] = .now()
            return nil
        }
        if let since {
            let seconds = max(Timestamp.now().seconds - since.seconds, 0)
            throw Failure(.unavailable, "ref \(reference) locked for \(seconds) s: another writer has it open")
        }
        return Claim(self, name)
    }

    private func release(_ name: Name) {
        _ = names.withLock { $0.removeValue(forKey: name) }
    }
}
