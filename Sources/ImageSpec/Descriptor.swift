/// A pointer to a blob: what it is, its digest and its size in bytes. OCI image-spec, "Content Descriptors".
package struct Descriptor: Hashable, Sendable, Codable {
    package var mediaType: String
    package var digest: Digest
    /// Bytes. Never negative in a value that was decoded.
    package var size: Int64
    package var annotations: [String: String]?
    package var platform: Platform?
    /// Alternative places of the blob. Input from whoever made the image: never sent credentials.
    package var urls: [String]?

    package init(
        mediaType: String, digest: Digest, size: Int64, annotations: [String: String]? = nil, platform: Platform? = nil,
        urls: [String]? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.annotations = annotations
        self.platform = platform
        self.urls = urls
    }
}
