internal import ContainerdAPI
internal import ContainerdTypes
package import ImageSpec
internal import Model
internal import SwiftProtobuf
internal import Wire

/// One part of the server as containerd's clients look for it: they learn from this list which snapshotters,
/// runtimes and services there are.
package struct PluginDescription: Hashable, Sendable {
    /// Such as `io.containerd.snapshotter.v1`.
    package var type: String
    package var id: String
    package var platforms: [Platform]
    package var exports: [String: String]
    package var capabilities: [String]

    package init(
        type: String, id: String, platforms: [Platform] = [], exports: [String: String] = [:],
        capabilities: [String] = []
    ) {
        self.type = type
        self.id = id
        self.platforms = platforms
        self.exports = exports
        self.capabilities = capabilities
    }

    static func select(_ plugins: [PluginDescription], filters: [String]) throws(Failure) -> [PluginDescription] {
        try FilterSet(filters).select(from: plugins)
    }
}

extension PluginDescription: Filterable {
    /// As containerd: `type`, `id`, and `platforms` and `capabilities` as comma-separated lists.
    package func field(_ path: [String]) -> String? {
        switch path.first {
        case "type": type
        case "id": id
        case "platforms": platforms.map(\.description).joined(separator: ",")
        case "capabilities": capabilities.joined(separator: ",")
        default: nil
        }
    }
}

extension PluginDescription {
    var wire: Containerd_Services_Introspection_V1_Plugin {
        .with {
            $0.type = type
            $0.id = id
            $0.platforms = platforms.map(\.wire)
            $0.exports = exports
            $0.capabilities = capabilities
        }
    }
}

extension Platform {
    var wire: Containerd_Types_Platform {
        .with {
            $0.os = os
            $0.architecture = architecture
            $0.variant = variant ?? ""
            $0.osVersion = osVersion ?? ""
            $0.osFeatures = osFeatures ?? []
        }
    }
}
