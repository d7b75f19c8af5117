/// Manifests by platform. OCI image-spec, "Image Index"; Docker's manifest list alike.
package struct Index: Hashable, Sendable, Codable {
    package var schemaVersion: Int
    package var mediaType: String?
    package var manifests: [Descriptor]
    package var annotations: [String: String]?

    package init(
        mediaType: String? = MediaType.index, manifests: [Descriptor], annotations: [String: String]? = nil
    ) {
        self.schemaVersion = 2
        self.mediaType = mediaType
        self.manifests = manifests
        self.annotations = annotations
    }
}
