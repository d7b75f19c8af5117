package import Model

/// The snapshot drivers that requests may name, and which one is meant when they name none.
package struct SnapshotterTable: Sendable {
    private let drivers: [String: any Snapshotter]
    private let namespaces: any NamespaceStore
    private let defaultDriver: String

    /// The label of a namespace that names its default driver.
    private static let label = "containerd.io/defaults/snapshotter"

    /// - Parameter defaultDriver: for namespaces without the label; empty to refuse such requests as containerd does.
    package init(_ drivers: [any Snapshotter], namespaces: any NamespaceStore, defaultDriver: String) {
        self.drivers = Dictionary(drivers.map { (SnapshotterName.canonical($0.name), $0) }) { first, _ in first }
        self.namespaces = namespaces
        self.defaultDriver = defaultDriver
    }

    /// The drivers' names, sorted.
    package var names: [String] { drivers.keys.sorted() }

    /// - Throws: `invalidArgument` when the driver is unknown, or none is named and the namespace has no default.
    func find(_ name: String, namespace: String) async throws(Failure) -> any Snapshotter {
        if let driver = drivers[SnapshotterName.canonical(name)] { return driver }
        var name = name
        if name.isEmpty {
            name = try await defaultName(in: namespace)
            if let driver = drivers[SnapshotterName.canonical(name)] { return driver }
        }
        throw .invalid("snapshotter not loaded: \(name) (loaded: \(names.joined(separator: ", ")))")
    }

    private func defaultName(in namespace: String) async throws(Failure) -> String {
        if let labelled = try? await namespaces.get(namespace).labels[Self.label], !labelled.isEmpty { return labelled }
        guard !defaultDriver.isEmpty else { throw .invalid("snapshotter argument missing") }
        return defaultDriver
    }
}
