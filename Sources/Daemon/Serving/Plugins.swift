internal import ImageSpec
internal import Services

/// The parts of this server under the names that containerd's clients know.
enum Plugins {
    static func all(snapshotters: [String], root: String) -> [PluginDescription] {
        let platform = [hostPlatform]
        var plugins = [
            PluginDescription(type: "io.containerd.content.v1", id: "content", exports: ["root": root + "/content"]),
            PluginDescription(type: "io.containerd.metadata.v1", id: "bolt", exports: ["policy": "isolated"]),
            PluginDescription(type: "io.containerd.differ.v1", id: "walking", platforms: platform),
            PluginDescription(type: "io.containerd.transfer.v1", id: "local", platforms: platform),
            PluginDescription(type: "io.containerd.streaming.v1", id: "manager"),
            PluginDescription(type: "io.containerd.gc.v1", id: "scheduler"),
            PluginDescription(type: "io.containerd.event.v1", id: "exchange"),
            PluginDescription(type: "io.containerd.lease.v1", id: "manager"),
            PluginDescription(type: "io.containerd.runtime.v2", id: "task", platforms: platform),
            PluginDescription(type: "io.containerd.runtime.v2", id: "shim"),
        ]
        for name in snapshotters {
            plugins.append(
                PluginDescription(
                    type: "io.containerd.snapshotter.v1", id: name, platforms: platform,
                    exports: ["root": root + "/snapshots/" + name]))
        }
        for name in [
            "containers", "content", "diff", "images", "introspection", "leases", "namespaces", "snapshots", "tasks",
        ] {
            plugins.append(PluginDescription(type: "io.containerd.service.v1", id: name + "-service"))
        }
        for name in [
            "containers", "content", "diff", "events", "healthcheck", "images", "introspection", "leases", "namespaces",
            "sandboxes", "snapshots", "streaming", "tasks", "transfer", "version",
        ] {
            plugins.append(PluginDescription(type: "io.containerd.grpc.v1", id: name))
        }
        return plugins
    }

    /// What was built runs here.
    static var hostPlatform: Platform {
        #if arch(arm64)
            Platform(architecture: "arm64", os: "linux", variant: "v8")
        #elseif arch(x86_64)
            Platform(architecture: "amd64", os: "linux")
        #else
            #error("name this architecture as image indexes do")
        #endif
    }
}
