package import ImageSpec

/// Whole images in and out, inside the supervisor: what `berthctl pull`, CRI and the transfer service use.
/// (Stock `ctr` does the same from its side through the content, snapshot and diff services.)
///
/// Each works under a lease of its own, so that garbage collection takes nothing of a transfer under way, and a
/// failed or cancelled one leaves nothing that the next collection does not take.
package protocol ImageTransfer: Sendable {
    /// Resolves, fetches what is missing, unpacks for `unpack`, and names the image. Durable when it returns.
    func pull(
        _ request: PullRequest, namespace: String, progress: @escaping @Sendable (TransferProgress) -> Void
    ) async throws(Failure) -> ImageRecord
    /// Reads an OCI layout or a docker archive (plain or compressed), or, with `rootfsName`, a plain root file system.
    func load(
        _ request: LoadRequest, from bytes: any AsyncSequence<[UInt8], any Error> & Sendable, namespace: String,
        progress: @escaping @Sendable (TransferProgress) -> Void
    ) async throws(Failure) -> [ImageRecord]
    /// Makes the chain of snapshots of an image's platform manifest exist.
    /// - Returns: the committed snapshot's name: the chain ID of the last layer.
    func unpack(
        _ image: ImageRecord, platform: Platform?, snapshotter: String, namespace: String
    ) async throws(Failure) -> String
}

package struct RegistryAccess: Sendable {
    package var username: String?
    package var secret: String?
    /// `http` for registries without TLS; nil: https, and http on loopback.
    package var scheme: String?
    package var headers: [String: String]

    package init(
        username: String? = nil, secret: String? = nil, scheme: String? = nil, headers: [String: String] = [:]
    ) {
        self.username = username
        self.secret = secret
        self.scheme = scheme
        self.headers = headers
    }
}

package struct PullRequest: Sendable {
    package var reference: String
    /// The image's name in the store; nil: the reference.
    package var name: String?
    package var labels: [String: String]
    /// Empty: the host's.
    package var platforms: [Platform]
    /// Snapshotters to unpack for; empty for none.
    package var unpack: [String]
    package var access: RegistryAccess

    package init(
        reference: String, name: String? = nil, labels: [String: String] = [:], platforms: [Platform] = [],
        unpack: [String] = [], access: RegistryAccess = RegistryAccess()
    ) {
        self.reference = reference
        self.name = name
        self.labels = labels
        self.platforms = platforms
        self.unpack = unpack
        self.access = access
    }
}

package struct LoadRequest: Sendable {
    /// For archives whose images have no names or only tags: the name before the tag.
    package var baseName: String?
    /// Set: the stream is a tar of a root file system, to become an image of this name.
    package var rootfsName: String?
    package var labels: [String: String]
    package var platforms: [Platform]
    package var allPlatforms: Bool
    package var unpack: [String]

    package init(
        baseName: String? = nil, rootfsName: String? = nil, labels: [String: String] = [:], platforms: [Platform] = [],
        allPlatforms: Bool = false, unpack: [String] = []
    ) {
        self.baseName = baseName
        self.rootfsName = rootfsName
        self.labels = labels
        self.platforms = platforms
        self.allPlatforms = allPlatforms
        self.unpack = unpack
    }
}

/// One step of a transfer, for a person who waits.
package struct TransferProgress: Hashable, Sendable {
    /// "resolving", "downloading", "unpacking", "saved", … as containerd's transfer service has them.
    package var event: String
    /// A blob's reference or an image's name.
    package var name: String
    /// Bytes, where they apply.
    package var done: Int64
    package var total: Int64
    package var descriptor: Descriptor?

    package init(event: String, name: String, done: Int64 = 0, total: Int64 = 0, descriptor: Descriptor? = nil) {
        self.event = event
        self.name = name
        self.done = done
        self.total = total
        self.descriptor = descriptor
    }
}
