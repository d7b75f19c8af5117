internal import Kernel
internal import Testing

/// An image in an OCI layout, of which every document and layer may be what it should not be.
struct AttackImage {
    let name = "example.com/attack/\(UInt32.random(in: 0 ... .max)):1"
    /// Uncompressed, from the bottom up.
    var layers: [[UInt8]] = []
    /// JSON members of the configuration's "config".
    var config = #""Env":["PATH=/bin"],"Cmd":["/bin/sh"]"#
    /// What the documents become before they are named by their digests.
    var changeManifest: (String) -> String = { $0 }
    var changeIndex: (String) -> String = { $0 }
    /// A layer's bytes as they are stored, and their media type; as it is when not changed.
    var changeLayer: ([UInt8]) -> [UInt8] = { $0 }
    var layerType = "application/vnd.oci.image.layer.v1.tar"

    static let index = "application/vnd.oci.image.index.v1+json"
    static let manifest = "application/vnd.oci.image.manifest.v1+json"

    static var architecture: String {
        #if arch(arm64)
            "arm64"
        #else
            "amd64"
        #endif
    }

    /// A layer with busybox and what a container needs.
    static func base(_ more: (inout AttackTar) -> Void = { _ in }) throws -> [UInt8] {
        var tar = AttackTar()
        for name in ["bin", "dev", "proc", "sys", "tmp", "run", "etc"] { tar.add(directory: name) }
        tar.add("bin/busybox", try SmallFile.read("/bin/busybox", limit: 16 << 20), mode: 0o755)
        for name in ["sh", "cat", "echo", "env", "id", "ls", "true", "sleep", "grep", "find", "mount"] {
            tar.add(link: "bin/" + name, to: "busybox")
        }
        more(&tar)
        return tar.archive
    }

    static func descriptor(_ type: String, _ bytes: [UInt8], _ more: String = "") -> String {
        #"{"mediaType":"\#(type)","digest":"\#(sha256(bytes))","size":\#(bytes.count)\#(more)}"#
    }

    static func blob(_ bytes: [UInt8]) -> String { "blobs/sha256/" + sha256(bytes).dropFirst(7) }

    /// The archive's entries in order; the last is `index.json`.
    func entries() -> [(name: String, bytes: [UInt8])] {
        let stored = layers.map(changeLayer)
        let diffs = layers.map { "\"\(sha256($0))\"" }.joined(separator: ",")
        let configuration = Array(
            """
            {"architecture":"\(Self.architecture)","os":"linux","config":{\(config)},\
            "rootfs":{"type":"layers","diff_ids":[\(diffs)]}}
            """.utf8)
        let list = stored.map { Self.descriptor(layerType, $0) }.joined(separator: ",")
        let document = """
            {"schemaVersion":2,"mediaType":"\(Self.manifest)",\
            "config":\(Self.descriptor("application/vnd.oci.image.config.v1+json", configuration)),"layers":[\(list)]}
            """
        let manifest = Array(changeManifest(document).utf8)
        let annotations = #","annotations":{"io.containerd.image.name":"\#(name)"}"#
        let index = changeIndex(
            #"{"schemaVersion":2,"manifests":[\#(Self.descriptor(Self.manifest, manifest, annotations))]}"#)
        return [("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))]
            + (stored + [configuration, manifest]).map { (Self.blob($0), $0) } + [("index.json", Array(index.utf8))]
    }

    /// Writes the archive; answers its path.
    func write(in directory: String) throws -> String {
        var tar = AttackTar()
        for (name, bytes) in entries() { tar.add(name, bytes) }
        let path = "\(directory)/image-\(UInt32.random(in: 0 ... .max)).tar"
        try SmallFile.replace(path, with: tar.archive)
        return path
    }
}
