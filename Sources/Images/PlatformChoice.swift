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
        guard !selected.isEmpty else { throw missing(from: candidates.compactMap(\.platform), image: image) }
        return selected
    }

    func accepts(_ platform: Platform) -> Bool {
        all || platforms.contains { $0.accepts(platform) }
    }

    /// Refuses an image for another machine, which nothing but its configuration may tell. One that names no
    /// architecture may be any.
    func check(_ configuration: ImageConfiguration, image: String) throws(Failure) {
        let platform = configuration.platform
        guard platform.architecture.isEmpty || accepts(platform) else { throw missing(from: [platform], image: image) }
    }

    func missing(from present: [Platform], image: String) -> Failure {
        let has = present.isEmpty ? "none" : present.map(\.description).joined(separator: ", ")
        let wanted = platforms.map(\.description).joined(separator: ", ")
        return Failure(
            .notFound,
            "image \"\(image)\": no manifest for \(wanted) (has \(has)); ask for one that it has, or get another image")
    }
}

extension Descriptor {
    /// BuildKit stores provenance beside images as manifests for the platform unknown/unknown.
    fileprivate var isAttestation: Bool {
        platform?.os == "unknown" || annotations?["vnd.docker.reference.type"] == "attestation-manifest"
    }
}
