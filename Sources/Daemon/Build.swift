/// Which build this is.
package enum Build {
    /// Berth's own version.
    package static let version = "0.1.0"

    /// The release of containerd whose API this build answers for in full. Clients choose features by it: what later
    /// releases add and Berth does not offer yet, sandbox controllers and pushes by the transfer service, keeps it
    /// from being higher.
    package static let containerdVersion = "1.6.0"

    /// Set by packagers who build from a known commit.
    package static let revision = ""

    /// What the version service says: a semantic version that clients compare, with Berth's own as build metadata.
    package static let apiVersion = "\(containerdVersion)+berth.\(version)"
}
