package import ImageSpec

/// Layers to and from directories. containerd's `diff.Applier` and `diff.Comparer`.
package protocol Differ: Sendable {
    /// Unpacks the layer `descriptor` onto `mounts`, which are mounted for as long as that takes.
    /// - Returns: the descriptor of the uncompressed tar, whose digest is the layer's diff ID.
    func apply(_ descriptor: Descriptor, onto mounts: [Mount], sync: Bool, in scope: Scope) async throws(Failure)
        -> Descriptor
    /// Writes what `right` has over `left` as a layer of `mediaType` into the content store.
    func diff(_ request: DiffRequest, in scope: Scope) async throws(Failure) -> Descriptor
}

package struct DiffRequest: Sendable {
    package var left: [Mount]
    package var right: [Mount]
    /// Empty for `application/vnd.oci.image.layer.v1.tar+gzip`.
    package var mediaType: String
    /// The ingest's reference; empty for one of the differ's choice.
    package var reference: String
    package var labels: [String: String]
    /// Caps every time stamp in the layer, for reproducible builds.
    package var sourceDateEpoch: Timestamp?

    package init(
        left: [Mount], right: [Mount], mediaType: String = "", reference: String = "", labels: [String: String] = [:],
        sourceDateEpoch: Timestamp? = nil
    ) {
        self.left = left
        self.right = right
        self.mediaType = mediaType
        self.reference = reference
        self.labels = labels
        self.sourceDateEpoch = sourceDateEpoch
    }
}
