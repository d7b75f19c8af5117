/// On whose behalf a store is used: the namespace of the request and, if the client holds one, its lease.
///
/// What is created within a scope that has a lease is added to that lease in the same transaction, so that garbage
/// collection can never come between the two.
package struct Scope: Hashable, Sendable {
    package let namespace: String
    package let lease: String?

    package init(namespace: String, lease: String? = nil) {
        self.namespace = namespace
        self.lease = lease
    }
}
