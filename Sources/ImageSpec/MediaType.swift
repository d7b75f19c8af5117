/// The media types of images, in OCI's and Docker's spelling.
package enum MediaType {
    package static let index = "application/vnd.oci.image.index.v1+json"
    package static let manifest = "application/vnd.oci.image.manifest.v1+json"
    package static let configuration = "application/vnd.oci.image.config.v1+json"
    package static let layer = "application/vnd.oci.image.layer.v1.tar"
    package static let layerGzip = "application/vnd.oci.image.layer.v1.tar+gzip"
    package static let layerZstd = "application/vnd.oci.image.layer.v1.tar+zstd"

    package static let dockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json"
    package static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    package static let dockerConfiguration = "application/vnd.docker.container.image.v1+json"
    package static let dockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip"
    package static let dockerLayer = "application/vnd.docker.image.rootfs.diff.tar"

    package static func isIndex(_ type: String) -> Bool { type == index || type == dockerIndex }
    package static func isManifest(_ type: String) -> Bool { type == manifest || type == dockerManifest }
    package static func isConfiguration(_ type: String) -> Bool {
        type == configuration || type == dockerConfiguration
    }

    /// Whether the blob is a file system layer, of any compression. Not: attestations and other artefacts.
    package static func isLayer(_ type: String) -> Bool {
        type.hasPrefix("application/vnd.oci.image.layer.") || type.hasPrefix("application/vnd.docker.image.rootfs.")
    }

    /// Layers that are not to be passed on; their descriptors' `urls` say where they are.
    package static func isNonDistributable(_ type: String) -> Bool {
        type.contains(".nondistributable.") || type.contains(".foreign.")
    }
}
