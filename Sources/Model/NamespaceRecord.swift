/// A namespace of clients' objects, with labels that carry its defaults. `containerd.services.namespaces.v1`.
package struct NamespaceRecord: Hashable, Sendable {
    package var name: String
    package var labels: [String: String]

    package init(name: String, labels: [String: String] = [:]) {
        self.name = name
        self.labels = labels
    }
}
