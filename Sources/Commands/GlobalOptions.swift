internal import ArgumentParser
internal import Client
internal import Model

/// Which supervisor and whose objects: options that every verb takes.
struct GlobalOptions: ParsableArguments {
    @Option(name: [.customShort("A"), .long], help: "The supervisor's Unix socket (or BERTH_ADDRESS).")
    var address: String = Environment.value("BERTH_ADDRESS") ?? "/run/berth/berth.sock"

    @Option(name: [.short, .long], help: "The namespace of the objects (or BERTH_NAMESPACE).")
    var namespace: String = Environment.value("BERTH_NAMESPACE") ?? "default"

    func connected<Result: Sendable>(_ body: (Client) async throws -> Result) async throws -> Result {
        try await Client.connected(to: address, namespace: namespace, body)
    }
}

/// Which driver holds the root file systems.
struct SnapshotterOption: ParsableArguments {
    @Option(help: "The snapshot driver: overlayfs or native.")
    var snapshotter: String = "overlayfs"
}

struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON for programs instead of a table.")
    var json = false
}
