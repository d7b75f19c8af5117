import Crypto
import Foundation

/// An image made of Debian's static busybox, as an OCI layout in a tar. It needs no registry.
struct TestImage {
    static let name = "example.com/tests/busybox:1"
    static let greeting = "hello from the image"

    let path: String
    let manifest: String
    let layers: [String]

    private static let applets = [
        "cat", "echo", "env", "false", "head", "hostname", "id", "kill", "ls", "mount", "printf", "ps", "rm", "sh",
        "sleep", "stty", "test", "touch", "true", "wc", "yes",
    ]

    /// Writes `DIRECTORY/image.tar`, by way of a tree below `DIRECTORY/image`.
    init(in directory: String) async throws {
        let base = directory + "/image"
        let files = FileManager.default
        for path in [
            "one/bin", "one/etc", "one/tmp", "one/proc", "one/dev", "one/sys", "two/etc", "layout/blobs/sha256",
        ] {
            try files.createDirectory(atPath: base + "/" + path, withIntermediateDirectories: true)
        }
        try files.copyItem(atPath: "/bin/busybox", toPath: base + "/one/bin/busybox")
        for applet in Self.applets {
            try files.createSymbolicLink(atPath: base + "/one/bin/" + applet, withDestinationPath: "busybox")
        }
        try Data((Self.greeting + "\n").utf8).write(to: URL(fileURLWithPath: base + "/two/etc/greeting"))
        var layout = Layout(directory: base + "/layout")
        var diffs: [String] = []
        var layers: [[String: Any]] = []
        for tree in ["one", "two"] {
            let archive = base + "/" + tree + ".tar"
            try await ToolRun.output(
                "/usr/bin/tar", ["--sort=name", "--owner=0", "--group=0", "-C", base + "/" + tree, "-cf", archive, "."])
            diffs.append("sha256:" + Layout.digest(try Data(contentsOf: URL(fileURLWithPath: archive))))
            try await ToolRun.output("/usr/bin/gzip", ["-1", "-n", archive])
            let compressed = try Data(contentsOf: URL(fileURLWithPath: archive + ".gz"))
            layers.append(try layout.add(compressed, "application/vnd.oci.image.layer.v1.tar+gzip"))
        }
        let config = try layout.add(
            json: [
                "architecture": Self.architecture, "os": "linux",
                "config": ["Env": ["PATH=/bin"], "Cmd": ["/bin/sh"]],
                "rootfs": ["type": "layers", "diff_ids": diffs],
            ], "application/vnd.oci.image.config.v1+json")
        let type = "application/vnd.oci.image.manifest.v1+json"
        var manifest = try layout.add(
            json: ["schemaVersion": 2, "mediaType": type, "config": config, "layers": layers], type)
        manifest["platform"] = ["os": "linux", "architecture": Self.architecture]
        manifest["annotations"] = [
            "io.containerd.image.name": Self.name, "org.opencontainers.image.ref.name": "1",
        ]
        try layout.finish(manifest)
        path = directory + "/image.tar"
        self.manifest = manifest["digest"] as? String ?? ""
        self.layers = layers.compactMap { $0["digest"] as? String }
        try await ToolRun.output(
            "/usr/bin/tar", ["-C", base + "/layout", "-cf", path, "oci-layout", "index.json", "blobs"])
    }

    static var architecture: String {
        #if arch(arm64)
            "arm64"
        #else
            "amd64"
        #endif
    }

    private struct Layout {
        let directory: String

        static func digest(_ data: Data) -> String {
            SHA256.hash(data: data).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }

        mutating func add(_ data: Data, _ mediaType: String) throws -> [String: Any] {
            let digest = Self.digest(data)
            try data.write(to: URL(fileURLWithPath: directory + "/blobs/sha256/" + digest))
            return ["mediaType": mediaType, "digest": "sha256:" + digest, "size": data.count]
        }

        mutating func add(json: [String: Any], _ mediaType: String) throws -> [String: Any] {
            try add(JSONSerialization.data(withJSONObject: json, options: [.sortedKeys]), mediaType)
        }

        func finish(_ manifest: [String: Any]) throws {
            let index = try JSONSerialization.data(
                withJSONObject: ["schemaVersion": 2, "manifests": [manifest]], options: [.sortedKeys])
            try index.write(to: URL(fileURLWithPath: directory + "/index.json"))
            try Data(#"{"imageLayoutVersion":"1.0.0"}"#.utf8).write(to: URL(fileURLWithPath: directory + "/oci-layout"))
        }
    }
}
