import Glibc
import ImageSpec
import Layers
import Model
import TestKit
import Testing

@Suite(.needsRoot) struct CompressionTests {
    /// Big enough for a thread of its own, and not all the same.
    private var tar: TarBuilder {
        var tar = TarBuilder()
        var state: UInt64 = 7
        for file in 0..<6 {
            let data = (0..<100_000).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(state >> 60) &+ UInt8(file)
            }
            tar.add("file\(file)", data)
        }
        return tar
    }

    private func compressed(_ command: String, _ fixture: LayerFixture) -> [UInt8] {
        let file = open(fixture.path + "/plain.tar", O_CREAT | O_WRONLY | O_TRUNC, 0o600)
        let bytes = tar.archive
        _ = Glibc.write(file, bytes, bytes.count)
        close(file)
        #expect(run("cd \(fixture.path) && \(command) < plain.tar > packed"))
        return bytesOf(fixture.path + "/packed")
    }

    private let gzip = "application/vnd.oci.image.layer.v1.tar+gzip"
    private let zstd = "application/vnd.oci.image.layer.v1.tar+zstd"

    @Test(arguments: [
        "gzip -1", "gzip -9", "zstd -q -3", "zstd -q -19 --long=27", "cat",
        "(head -c 100000 | gzip; gzip)", "(head -c 77 | gzip; head -c 1 | gzip; gzip; printf '' | gzip)",
        "(gzip; head -c 512 /dev/zero)", "(head -c 300000 | zstd -q; zstd -q)",
    ])
    func `a layer is unpacked and its diff ID is that of the plain tar`(_ command: String) async throws {
        try await LayerFixture.with { fixture in
            let layer = try await fixture.put(compressed(command, fixture), gzip)
            let root = fixture.directory("root")
            let applied = try await fixture.differ.apply(
                layer, onto: fixture.bind(root), sync: true, in: LayerFixture.scope)
            let plain = try await fixture.put(tar.archive)
            #expect(applied.digest == plain.digest)
            #expect(applied.size == plain.size)
            #expect(tree(root).count == 6)
        }
    }

    @Test(arguments: ["gzip", "zstd -q"]) func `a layer cut short is refused at every length`(_ command: String)
        async throws
    {
        try await LayerFixture.with { fixture in
            let whole = compressed(command, fixture)
            for length in [5, 11, 100, 70_000, whole.count / 2, whole.count - 9, whole.count - 5, whole.count - 1] {
                let root = fixture.directory("root\(length)")
                try await fixture.expectRefusal(
                    Array(whole[..<length]), onto: fixture.bind(root), .dataLoss, .failedPrecondition)
            }
        }
    }

    @Test(arguments: ["gzip", "zstd -q"]) func `a flipped bit is found`(_ command: String) async throws {
        try await LayerFixture.with { fixture in
            let whole = compressed(command, fixture)
            for place in [whole.count / 3, whole.count / 2, whole.count - 6] {
                var broken = whole
                broken[place] ^= 0x10
                try await fixture.expectRefusal(
                    broken, onto: fixture.bind(fixture.directory("root\(place)")), .dataLoss, .failedPrecondition)
            }
        }
    }

    @Test func `garbage behind a gzip stream is refused`() async throws {
        try await LayerFixture.with { fixture in
            let message = try await fixture.expectRefusal(
                compressed("gzip", fixture) + text("garbage"), onto: fixture.bind(fixture.directory("root")), .dataLoss)
            #expect(message.contains("behind the end"))
        }
    }

    @Test func `what is no layer is refused by its type`() async throws {
        try await LayerFixture.with { fixture in
            let bytes = tar.archive
            for type in [
                "application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
                "application/x-tar",
            ] {
                let layer = try await fixture.put(bytes + text(type), type)
                let failure = await expectFailure(.unimplemented) { () async throws(Failure) in
                    _ = try await fixture.differ.apply(
                        layer, onto: fixture.bind(fixture.directory("root")), sync: false, in: LayerFixture.scope)
                }
                #expect(failure?.message.contains(type) == true)
            }
        }
    }

    @Test func `a layer in another compression says which`() async throws {
        try await LayerFixture.with { fixture in
            let message = try await fixture.expectRefusal(
                [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 1, 2], onto: fixture.bind(fixture.directory("root")), .unimplemented)
            #expect(message.contains("xz"))
        }
    }

    @Test func `mounts that nothing can be written to are refused`() async throws {
        try await LayerFixture.with { fixture in
            let root = fixture.directory("root")
            let layer = try await fixture.put(tar.archive)
            for (mounts, code) in [
                ([Mount(type: "bind", source: root, options: ["ro", "rbind"])], Failure.Code.failedPrecondition),
                ([Mount(type: "overlay", source: "overlay", options: ["lowerdir=\(root)"])], .failedPrecondition),
                ([Mount(type: "ext4", source: "/dev/sda", options: [])], .unimplemented), ([], .unimplemented),
                ([Mount(type: "bind", source: "relative", options: [])], .invalidArgument),
            ] {
                await expectFailure(code) { () async throws(Failure) in
                    _ = try await fixture.differ.apply(layer, onto: mounts, sync: false, in: LayerFixture.scope)
                }
            }
            #expect(tree(root).isEmpty)
        }
    }
}
