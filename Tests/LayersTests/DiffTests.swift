import Content
import Glibc
import ImageSpec
import Kernel
import Layers
import Model
import TestKit
import Testing

@Suite(.needsRoot) struct DiffTests {
    private func base(_ fixture: LayerFixture, _ name: String) async throws -> String {
        var tar = TarBuilder()
        tar.add("a", text("a"), user: 3)
        tar.add("d/", type: "5", mode: 0o755)
        tar.add("d/x", text("x"))
        tar.add("d/sub/", type: "5", mode: 0o755)
        tar.add("d/sub/y", text("y"))
        tar.add("gone/", type: "5", mode: 0o755)
        tar.add("gone/z", text("z"))
        tar.add("same/", type: "5", mode: 0o755)
        tar.add("same/file", text("same"))
        let path = fixture.directory(name)
        try await fixture.apply(tar.archive, onto: fixture.bind(path))
        return path
    }

    private static func change(_ root: String) {
        write(root + "/a", "changed", mode: 0o4755)
        _ = unlink(root + "/d/x")
        _ = unlink(root + "/gone/z")
        rmdir(root + "/gone")
        mkdir(root + "/gone", 0o700)
        write(root + "/gone/new", "new")
        symlink("a", root + "/link")
        link(root + "/a", root + "/d/hard")
        mknod(root + "/null", S_IFCHR | 0o666, dev_t(0x103))
        let deep = root + "/d/" + String(repeating: "n", count: 120)
        write(deep, "long name")
        _ = chown(deep, 3_000_000, 4)
        write(root + "/d/ünï", String(repeating: "z", count: 700_000))
    }

    @Test(arguments: ["", "application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.v1.tar+zstd"])
    func `what overlay changed, applied again, gives the same tree`(_ mediaType: String) async throws {
        try await LayerFixture.with { fixture in
            let lower = try await base(fixture, "lower")
            let right = fixture.overlay(upper: fixture.directory("upper"), lower: [lower])
            let left = [Mount(type: "bind", source: lower, options: ["ro", "rbind"])]
            try withMounted(right, at: fixture.path + "/merged") { Self.change($0) }
            let layer = try await fixture.differ.diff(
                DiffRequest(left: left, right: right, mediaType: mediaType, labels: ["own": "1"]),
                in: LayerFixture.scope)
            let again = fixture.overlay(upper: fixture.directory("again"), lower: [lower])
            let applied = try await fixture.differ.apply(layer, onto: again, sync: false, in: LayerFixture.scope)
            let trees = try [right, again].map { mounts in
                try withMounted(mounts, at: fixture.path + "/merged") { tree($0) }
            }
            #expect(differences(trees[0], trees[1]) == [])
            #expect(trees[0]["gone/z"] == nil && trees[0]["d/x"] == nil && trees[0]["same/file"] != nil)
            let info = try await fixture.store.info(layer.digest, in: LayerFixture.scope)
            #expect(info.labels["own"] == "1" && info.size == layer.size)
            #expect(
                info.labels["containerd.io/uncompressed"]
                    == (mediaType.hasSuffix(".tar") ? nil : applied.digest.description))
            #expect(try await fixture.store.statuses(filters: [], in: LayerFixture.scope).isEmpty)
        }
    }

    @Test func `two plain trees are compared`() async throws {
        try await LayerFixture.with { fixture in
            let (left, right) = (try await base(fixture, "left"), try await base(fixture, "right"))
            Self.change(right)
            let layer = try await fixture.differ.diff(
                DiffRequest(
                    left: fixture.bind(left), right: fixture.bind(right),
                    mediaType: "application/vnd.oci.image.layer.v1.tar"), in: LayerFixture.scope)
            _ = try await fixture.differ.apply(layer, onto: fixture.bind(left), sync: false, in: LayerFixture.scope)
            #expect(differences(tree(left), tree(right)) == [])
            let listed = names(try await fixture.read(layer.digest), fixture)
            #expect(!listed.contains { $0.hasPrefix("same") })
            #expect(listed.contains("d/.wh.x"))
        }
    }

    @Test func `a tree over nothing is all of it, and what GNU tar reads`() async throws {
        try await LayerFixture.with { fixture in
            let expected = try await base(fixture, "tree")
            Self.change(expected)
            let layer = try await fixture.differ.diff(
                DiffRequest(left: [], right: fixture.bind(expected)), in: LayerFixture.scope)
            let other = fixture.directory("other")
            let bytes = try await fixture.read(layer.digest)
            put(bytes, fixture.path + "/layer.tgz")
            #expect(run("tar -C \(other) -xpzf \(fixture.path)/layer.tgz"))
            #expect(differences(tree(other), tree(expected)) == [])
        }
    }

    @Test func `an unchanged tree gives an empty layer`() async throws {
        try await LayerFixture.with { fixture in
            let (left, right) = (try await base(fixture, "left"), try await base(fixture, "right"))
            let layer = try await fixture.differ.diff(
                DiffRequest(
                    left: fixture.bind(left), right: fixture.bind(right),
                    mediaType: "application/vnd.oci.image.layer.v1.tar"), in: LayerFixture.scope)
            #expect(layer.size == 1024)
        }
    }

    @Test func `the same change gives the same layer, and one that is there is answered`() async throws {
        try await LayerFixture.with { fixture in
            let expected = try await base(fixture, "tree")
            let request = DiffRequest(left: [], right: fixture.bind(expected), labels: ["once": "1"])
            let first = try await fixture.differ.diff(request, in: LayerFixture.scope)
            var again = request
            again.labels = ["twice": "2"]
            #expect(try await fixture.differ.diff(again, in: LayerFixture.scope) == first)
            let labels = try await fixture.store.info(first.digest, in: LayerFixture.scope).labels
            #expect(labels["once"] == "1" && labels["twice"] == "2")
            #expect(try await fixture.store.statuses(filters: [], in: LayerFixture.scope).isEmpty)
        }
    }

    @Test func `no entry is younger than the epoch asked for`() async throws {
        try await LayerFixture.with { fixture in
            let expected = fixture.directory("tree")
            write(expected + "/new", "new")
            let layer = try await fixture.differ.diff(
                DiffRequest(
                    left: [], right: fixture.bind(expected), mediaType: "application/vnd.oci.image.layer.v1.tar",
                    sourceDateEpoch: Timestamp(seconds: 1234)), in: LayerFixture.scope)
            let out = fixture.directory("out")
            _ = try await fixture.differ.apply(layer, onto: fixture.bind(out), sync: false, in: LayerFixture.scope)
            #expect(facts(out + "/new") == "100644 0:0 1234 3 new")
        }
    }

    @Test func `a view of several layers is compared as it is seen`() async throws {
        try await LayerFixture.with { fixture in
            let bottom = try await base(fixture, "bottom")
            let middle = fixture.directory("middle")
            let first = fixture.overlay(upper: middle, lower: [bottom])
            try withMounted(first, at: fixture.path + "/merged") { Self.change($0) }
            let top = fixture.directory("top")
            let second = fixture.overlay(upper: top, lower: [middle, bottom])
            try withMounted(second, at: fixture.path + "/merged") { root in
                write(root + "/late", "late")
                _ = unlink(root + "/link")
            }
            let left = [Mount(type: "bind", source: bottom, options: ["ro", "rbind"])]
            let layer = try await fixture.differ.diff(
                DiffRequest(left: left, right: second), in: LayerFixture.scope)
            let again = fixture.overlay(upper: fixture.directory("again"), lower: [bottom])
            _ = try await fixture.differ.apply(layer, onto: again, sync: false, in: LayerFixture.scope)
            let trees = try [second, again].map { mounts in
                try withMounted(mounts, at: fixture.path + "/merged") { tree($0) }
            }
            #expect(differences(trees[0], trees[1]) == [])
        }
    }

    private func put(_ bytes: [UInt8], _ path: String) {
        let file = open(path, O_CREAT | O_WRONLY, 0o600)
        _ = Glibc.write(file, bytes, bytes.count)
        close(file)
    }

    private func names(_ tar: [UInt8], _ fixture: LayerFixture) -> [String] {
        put(tar, fixture.path + "/list.tar")
        #expect(run("tar -tf \(fixture.path)/list.tar > \(fixture.path)/list"))
        return contents(fixture.path + "/list").split(separator: "\n").map(String.init)
    }
}
