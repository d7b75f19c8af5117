internal import Model

/// How a layer's tar is compressed.
enum LayerCompression: Sendable, Equatable {
    case none, gzip, zstd

    /// What the media type says, or nil for a type that is no layer's. An empty one says nothing, which is `none`.
    ///
    /// `unimplemented` for layers that no tar can be got from: encrypted ones.
    static func declared(by mediaType: String) throws(Failure) -> LayerCompression {
        if mediaType.hasSuffix("+encrypted") {
            throw Failure(.unimplemented, "media type \"\(mediaType)\": encrypted layers cannot be unpacked")
        }
        switch mediaType {
        case "", "application/vnd.oci.image.layer.v1.tar", "application/vnd.docker.image.rootfs.diff.tar",
            "application/vnd.oci.image.layer.nondistributable.v1.tar",
            "application/vnd.docker.image.rootfs.foreign.diff.tar":
            return .none
        case "application/vnd.oci.image.layer.v1.tar+gzip", "application/vnd.docker.image.rootfs.diff.tar.gzip",
            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip":
            return .gzip
        case "application/vnd.oci.image.layer.v1.tar+zstd", "application/vnd.docker.image.rootfs.diff.tar.zstd",
            "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd":
            return .zstd
        default:
            throw Failure(
                .unimplemented,
                "media type \"\(mediaType)\": not a layer; expected application/vnd.oci.image.layer.v1.tar, "
                    + "plain, +gzip or +zstd, or docker's")
        }
    }

    /// What the first bytes say. Mislabelled layers are common enough, docker's above all, that these decide.
    static func found(in start: UnsafeRawBufferPointer) throws(Failure) -> LayerCompression {
        func begins(_ magic: [UInt8]) -> Bool { start.prefix(magic.count).elementsEqual(magic) }
        if begins([0x1F, 0x8B]) { return .gzip }
        if begins([0x28, 0xB5, 0x2F, 0xFD]) { return .zstd }
        // A skippable frame, as seekable zstd layers begin with: 0x184D2A50 to 5F, little-endian.
        if start.count >= 4, start[0] & 0xF0 == 0x50, start[1] == 0x2A, start[2] == 0x4D, start[3] == 0x18 {
            return .zstd
        }
        for (magic, name) in [([0xFD, 0x37, 0x7A, 0x58, 0x5A], "xz"), ([0x42, 0x5A, 0x68], "bzip2")]
            as [([UInt8], String)]
        where begins(magic) {
            throw Failure(.unimplemented, "compressed with \(name); expected gzip, zstd or a plain tar")
        }
        return .none
    }
}
