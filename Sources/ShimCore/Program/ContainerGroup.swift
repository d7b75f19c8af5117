internal import Kernel
internal import RuntimeSpec

/// Which shim a container belongs to: containers whose configurations name the same group share one.
enum ContainerGroup {
    /// Annotations that name a group, the first that is there counts: Berth's own, that of containerd's shim, and the
    /// pod that Kubernetes puts a container into.
    static let annotations = [
        "io.containerd.berth.v1.group", "io.containerd.runc.v2.group", "io.kubernetes.cri.sandbox-id",
    ]

    /// No configuration that a client wrote is larger.
    private static let configurationLimit = 16 << 20

    /// The group's name, in whose place a container without one, or whose configuration cannot be read, has its own id.
    /// What is wrong with a configuration is Create's to say.
    static func name(bundle: String, container id: String) -> String {
        guard let document = try? SmallFile.read(bundle + "/config.json", limit: configurationLimit),
            let spec = try? document.withUnsafeBytes({ (bytes) throws(SpecError) in try Spec(parsing: bytes) })
        else { return id }
        return annotations.lazy.compactMap { spec.annotations[$0] }.first { !$0.isEmpty } ?? id
    }
}
