/// What a JSON document of an image may be, decided before it is decoded further.
///
/// A document with both `manifests` and `layers` means one thing to one reader and another to the next; it is
/// refused (GHSA-5j5w-g665-5m35).
package struct DocumentShape: Decodable, Sendable {
    package let mediaType: String?
    package let hasManifests: Bool
    package let hasLayers: Bool
    package let hasConfiguration: Bool

    private enum CodingKeys: String, CodingKey {
        case mediaType, manifests, layers, config
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        mediaType = try container.decodeIfPresent(String.self, forKey: .mediaType)
        hasManifests = container.contains(.manifests)
        hasLayers = container.contains(.layers)
        hasConfiguration = container.contains(.config)
    }

    package var isAmbiguous: Bool { hasManifests && (hasLayers || hasConfiguration) }
}
