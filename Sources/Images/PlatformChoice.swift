package import ImageSpec
package import Model

/// Which manifests of an image are wanted.
package struct PlatformChoice: Sendable {
    package var platforms: [Platform]
    package var all: Bool

    package init(_ platforms: [Platform], all: Bool = false) {
        self.platforms = platforms.isEmpty ? [.host] : platforms
        self.all = all
    }

    /// The wanted ones of an index's manifests, for each platform the first that fits. A manifest that names no
    /// platform may be any; its configuration tells later.
    package func select(from manifests: [Descriptor], image: String) throws(Failure) -> [Descriptor] {
        let candidates = manifests.filter { !$0.isAttestation }
        if all { return manifests }
        var selected: [Descriptor] = []
        for wanted in platforms {
            let exact = candidates.first { $0.platform.map(wanted.accepts) ?? false }
            if let match = exact ?? candidates.first(where: { $0.platform == nil }), !selected.contains(match) {
                selected.append(match)
            }
        }
        guard !selected.isEmpty else {
            let has = candidates.compactMap { $0.platform?.description }.joined(separator: ", ")
            let wanted = platforms.map(\.description).joined(separator: ", ")
            throw Failure(
                .notFound, "image \"\(image)\": no manifest for \(wanted) (has \(has.isEmpty ? "none" : has))")
        }
        return selected
    }
}

extension Descriptor {
    /// BuildKit stores provenance beside images as manifests for the platform unknown/unknown.
    fileprivate var isAttestation: Bool {
        platform?.os == "unknown" || annotations?["vnd.docker.reference.type"] == "attestation-manifest"
    }
}
