/// How an image wants to be run, and the uncompressed digests of its layers. OCI image-spec, "Image Configuration".
package struct ImageConfiguration: Hashable, Sendable, Codable {
    /// What a container inherits from its image.
    package struct Execution: Hashable, Sendable, Codable {
        package var user: String?
        package var environment: [String]?
        package var entrypoint: [String]?
        package var command: [String]?
        package var workingDirectory: String?
        package var labels: [String: String]?
        package var stopSignal: String?

        package init(
            user: String? = nil, environment: [String]? = nil, entrypoint: [String]? = nil, command: [String]? = nil,
            workingDirectory: String? = nil, labels: [String: String]? = nil, stopSignal: String? = nil
        ) {
            self.user = user
            self.environment = environment
            self.entrypoint = entrypoint
            self.command = command
            self.workingDirectory = workingDirectory
            self.labels = labels
            self.stopSignal = stopSignal
        }

        private enum CodingKeys: String, CodingKey {
            case user = "User"
            case environment = "Env"
            case entrypoint = "Entrypoint"
            case command = "Cmd"
            case workingDirectory = "WorkingDir"
            case labels = "Labels"
            case stopSignal = "StopSignal"
        }
    }

    package struct RootFS: Hashable, Sendable, Codable {
        package var type: String
        /// Digests of the uncompressed layers, lowest first.
        package var diffIDs: [Digest]

        package init(diffIDs: [Digest]) {
            self.type = "layers"
            self.diffIDs = diffIDs
        }

        private enum CodingKeys: String, CodingKey {
            case type
            case diffIDs = "diff_ids"
        }
    }

    package var created: String?
    package var architecture: String
    package var os: String
    package var variant: String?
    package var config: Execution?
    package var rootfs: RootFS

    package init(
        created: String? = nil, platform: Platform, config: Execution? = nil, diffIDs: [Digest]
    ) {
        self.created = created
        self.architecture = platform.architecture
        self.os = platform.os
        self.variant = platform.variant
        self.config = config
        self.rootfs = RootFS(diffIDs: diffIDs)
    }

    package var platform: Platform { Platform(architecture: architecture, os: os, variant: variant) }
}
