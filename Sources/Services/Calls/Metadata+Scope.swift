package import GRPCCore
package import Model

/// On whose behalf a request is made: what its metadata says, checked.
extension Metadata {
    private static let namespaceKey = "containerd-namespace"
    private static let leaseKey = "containerd-lease"

    /// - Throws: `failedPrecondition` without a namespace, `invalidArgument` for one that is no identifier.
    package func scope() throws(Failure) -> Scope {
        var namespace: String?
        var lease: String?
        for (key, value) in self {
            guard case .string(let text) = value else { continue }
            switch key {
            case Self.namespaceKey: if namespace == nil { namespace = text }
            case Self.leaseKey: if lease == nil, !text.isEmpty { lease = text }
            default: continue
            }
        }
        guard let namespace, !namespace.isEmpty else {
            throw Failure(.failedPrecondition, "namespace is required")
        }
        try Identifier.check(namespace, "namespace")
        return Scope(namespace: namespace, lease: lease)
    }

    package func namespace() throws(Failure) -> String {
        try scope().namespace
    }
}
