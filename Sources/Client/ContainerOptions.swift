package import RuntimeSpec

/// What a person asks of a new container, over what its image asks.
package struct ContainerOptions: Sendable {
    /// Replaces the image's entrypoint; its command is then dropped as well.
    package var entrypoint: [String]?
    /// Replaces the image's command where not empty.
    package var arguments: [String] = []
    /// `KEY=value`; replaces the image's value of the same key.
    package var environment: [String] = []
    package var workingDirectory: String?
    package var hostname: String?
    /// `USER[:GROUP]`, replaces the image's.
    package var user: String?
    package var terminal = false
    package var readonly = false
    package var hostNetwork = false
    package var privileged = false
    package var addedCapabilities: [String] = []
    package var droppedCapabilities: [String] = []
    /// Where nobody chose: the default profile, none for a privileged container.
    package var seccomp: SeccompChoice?
    package var mounts: [RuntimeSpec.Mount] = []
    /// Bytes.
    package var memoryLimit: Int64?
    /// Processors' worth of time.
    package var cpus: Double?
    package var pidsLimit: Int64?
    package var cgroupsPath: String?

    package init() {}
}
