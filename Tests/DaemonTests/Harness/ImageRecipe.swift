import Crypto
import Foundation
import Testing

/// An image of one layer, with what is to be wrong with it.
struct ImageRecipe {
    enum Form: String, CaseIterable, CustomTestStringConvertible {
        case layout, docker

        var testDescription: String { rawValue }
    }

    enum Fault: Hashable {
        /// A bit of the layer has changed; its name is what it was.
        case corruptLayer
        /// The layer is what its name says, but ends in the middle of the compressed data.
        case cutLayer
        /// The configuration lists another diff ID.
        case foreignDiffID
        case missingLayer
        /// The configuration is no JSON.
        case noConfiguration
    }

    /// Where it is said that the image is for another machine.
    enum Foreign: String, CaseIterable, CustomTestStringConvertible {
        /// In an index that the layout's own index points to.
        case index
        /// In the layout's own index.
        case layout
        /// Only in the configuration.
        case configuration

        var testDescription: String { rawValue }
    }

    var form = Form.layout
    var fault: Fault?
    var foreign: Foreign?
    /// Bytes that do not compress, in a file of the layer; nil for busybox.
    var payload: Int?

    static let otherArchitecture = TestImage.architecture == "amd64" ? "arm64" : "amd64"

    /// What was written.
    struct Written {
        let path: String
        let name: String
        let layer: String
        /// Where each entry of the archive begins.
        let offsets: [String: Int]
        let size: Int
    }

    func write(in directory: String) async throws -> Written {
        let number = UInt32.random(in: 0 ... .max)
        let name = "example.com/bad/\(number):1"
        let tree = try layerTree()
        var layer = try await Self.compressed(tree, in: directory)
        if fault == .cutLayer { layer = layer.prefix(layer.count / 2) }
        let digest = Self.digest(layer)
        let configuration = try configuration(diffID: Self.digest(fault == .foreignDiffID ? layer : tree))
        var stored = layer
        if fault == .corruptLayer { stored[stored.count / 2] ^= 0x10 }
        var tar = TarText()
        switch form {
        case .layout: try writeLayout(&tar, name, layer, fault == .missingLayer ? nil : stored, configuration)
        case .docker: try writeDocker(&tar, name, fault == .missingLayer ? nil : stored, configuration)
        }
        tar.finish()
        let path = "\(directory)/bad-\(number).tar"
        try tar.bytes.write(to: URL(fileURLWithPath: path))
        return Written(path: path, name: name, layer: digest, offsets: tar.offsets, size: tar.bytes.count)
    }

    private func layerTree() throws -> Data {
        var tar = TarText()
        if let payload {
            tar.add(file: "payload", Data((0..<payload).map { _ in UInt8.random(in: 0...255) }))
        } else {
            for directory in ["bin", "dev", "etc", "proc", "sys", "tmp"] { tar.add(directory: directory) }
            tar.add(file: "bin/busybox", try Data(contentsOf: URL(fileURLWithPath: "/bin/busybox")), mode: 0o755)
            for applet in ["echo", "sh", "sleep", "true"] { tar.add(link: "bin/" + applet, to: "busybox") }
        }
        tar.finish()
        return tar.bytes
    }

    private static func compressed(_ data: Data, in directory: String) async throws -> Data {
        let path = "\(directory)/layer-\(UInt32.random(in: 0 ... .max))"
        try data.write(to: URL(fileURLWithPath: path))
        try await ToolRun.output("/usr/bin/gzip", ["-1", "-n", path])
        defer { try? FileManager.default.removeItem(atPath: path + ".gz") }
        return try Data(contentsOf: URL(fileURLWithPath: path + ".gz"))
    }

    private var architecture: String { foreign == nil ? TestImage.architecture : Self.otherArchitecture }

    private func configuration(diffID: String) throws -> Data {
        if fault == .noConfiguration { return Data("no JSON".utf8) }
        return try Self.json([
            "architecture": architecture, "os": "linux", "config": ["Env": ["PATH=/bin"], "Cmd": ["/bin/sh"]],
            "rootfs": ["type": "layers", "diff_ids": [diffID]],
        ])
    }

    private func writeLayout(
        _ tar: inout TarText, _ name: String, _ layer: Data, _ stored: Data?, _ configuration: Data
    ) throws {
        func descriptor(_ data: Data, _ type: String) -> [String: Any] {
            ["mediaType": "application/vnd.oci.image.\(type)", "digest": Self.digest(data), "size": data.count]
        }
        func blob(_ name: String) -> String { "blobs/sha256/" + name.dropFirst("sha256:".count) }
        let platform = ["os": "linux", "architecture": architecture]
        tar.add(file: "oci-layout", Data(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
        if let stored { tar.add(file: blob(Self.digest(layer)), stored) }
        tar.add(file: blob(Self.digest(configuration)), configuration)
        let manifest = try Self.json([
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": descriptor(configuration, "config.v1+json"), "layers": [descriptor(layer, "layer.v1.tar+gzip")],
        ])
        tar.add(file: blob(Self.digest(manifest)), manifest)
        var target = descriptor(manifest, "manifest.v1+json")
        if foreign != .configuration { target["platform"] = platform }
        if foreign == .index {
            let index = try Self.json([
                "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [target],
            ])
            tar.add(file: blob(Self.digest(index)), index)
            target = descriptor(index, "index.v1+json")
        }
        target["annotations"] = ["io.containerd.image.name": name]
        tar.add(file: "index.json", try Self.json(["schemaVersion": 2, "manifests": [target]]))
    }

    private func writeDocker(_ tar: inout TarText, _ name: String, _ stored: Data?, _ configuration: Data) throws {
        if let stored { tar.add(file: "one/layer.tar", stored) }
        tar.add(file: "configuration.json", configuration)
        let image: [String: Any] = ["Config": "configuration.json", "RepoTags": [name], "Layers": ["one/layer.tar"]]
        tar.add(file: "manifest.json", try Self.json([image]))
    }

    private static func json(_ object: Any) throws -> Data {
        try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
    }

    private static func digest(_ data: Data) -> String {
        "sha256:" + SHA256.hash(data: data).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
