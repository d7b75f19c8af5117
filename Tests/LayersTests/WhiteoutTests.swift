import Glibc
import ImageSpec
import Kernel
import Layers
import Model
import TestKit
import Testing

/// Layers one over the other, as overlay shows them and as deletions leave them: both must be the same tree.
@Suite(.needsRoot) struct WhiteoutTests {
    /// The tree after `layers`, by way of overlay mounts and by way of unpacking all into one directory.
    private func trees(_ layers: [TarBuilder], _ fixture: LayerFixture) async throws -> [[String: String]] {
        let plain = fixture.directory("plain")
        var lowers: [String] = []
        for (index, layer) in layers.enumerated() {
            try await fixture.apply(layer.archive, onto: fixture.bind(plain))
            let upper = fixture.directory("upper\(index)")
            try await fixture.apply(
                layer.archive, onto: lowers.isEmpty ? fixture.bind(upper) : fixture.overlay(upper: upper, lower: lowers)
            )
            lowers.insert(upper, at: 0)
        }
        let empty = fixture.directory("empty")
        let view = [
            Mount(
                type: "overlay", source: "overlay",
                options: ["lowerdir=\(([empty] + lowers).joined(separator: ":"))"])
        ]
        let merged = try withMounted(view, at: fixture.path + "/merged") { tree($0) }
        return [merged, tree(plain)]
    }

    private func expectBoth(_ layers: [TarBuilder], _ expected: [String]) async throws {
        try await LayerFixture.with { fixture in
            for (tree, way) in zip(try await trees(layers, fixture), ["overlay", "deletion"]) {
                #expect(tree.keys.sorted() == expected, "by \(way)")
            }
        }
    }

    private var base: TarBuilder {
        var tar = TarBuilder()
        tar.add("a", text("a"))
        tar.add("d/", type: "5", mode: 0o755)
        tar.add("d/x", text("x"))
        tar.add("d/sub/", type: "5", mode: 0o755)
        tar.add("d/sub/y", text("y"))
        return tar
    }

    @Test func `a whiteout hides a file and a directory`() async throws {
        var second = TarBuilder()
        second.add(".wh.a")
        second.add("d/.wh.sub")
        second.add("d/.wh.never-there")
        try await expectBoth([base, second], ["d", "d/x"])
    }

    @Test func `an opaque directory shows only the layer's own, wherever the mark stands`() async throws {
        var before = TarBuilder()
        before.add("d/", type: "5", mode: 0o755)
        before.add("d/.wh..wh..opq")
        before.add("d/new", text("new"))
        try await expectBoth([base, before], ["a", "d", "d/new"])
        var after = TarBuilder()
        after.add("d/new", text("new"))
        after.add("d/sub/other", text("other"))
        after.add("d/.wh..wh..opq")
        try await expectBoth([base, after], ["a", "d", "d/new", "d/sub", "d/sub/other"])
    }

    @Test func `an opaque root hides everything below`() async throws {
        var second = TarBuilder()
        second.add("new", text("new"))
        second.add(".wh..wh..opq")
        try await expectBoth([base, second], ["new"])
    }

    @Test func `a whiteout does not hide what its own layer brings`() async throws {
        var second = TarBuilder()
        second.add(".wh.d")
        second.add("d/", type: "5", mode: 0o755)
        second.add("d/mine", text("mine"))
        second.add("a", text("new a"))
        second.add(".wh.a")
        try await expectBoth([base, second], ["a", "d", "d/mine"])
        var reversed = TarBuilder()
        reversed.add("d/", type: "5", mode: 0o755)
        reversed.add("d/mine", text("mine"))
        reversed.add(".wh.d")
        try await expectBoth([base, reversed], ["a", "d", "d/mine"])
        var withoutEntry = TarBuilder()
        withoutEntry.add(".wh.d")
        withoutEntry.add("d/deep/mine", text("mine"))
        try await expectBoth([base, withoutEntry], ["a", "d", "d/deep", "d/deep/mine"])
    }

    @Test func `a directory over a file and a file over a directory`() async throws {
        var second = TarBuilder()
        second.add("a/", type: "5", mode: 0o755)
        second.add("a/in", text("in"))
        second.add("d", text("file"))
        try await expectBoth([base, second], ["a", "a/in", "d"])
    }

    @Test func `three layers that hide and bring back`() async throws {
        var second = TarBuilder()
        second.add(".wh.d")
        second.add(".wh.a")
        var third = TarBuilder()
        third.add("d/back", text("back"))
        third.add("a", text("a"))
        try await expectBoth([base, second, third], ["a", "d", "d/back"])
    }

    @Test func `a whiteout without a name is refused`() async throws {
        for name in [".wh.", "d/.wh..", ".wh..."] {
            try await LayerFixture.with { fixture in
                var tar = TarBuilder()
                tar.add(name)
                try await fixture.expectRefusal(
                    tar.archive, onto: fixture.bind(fixture.directory("root")), .failedPrecondition)
            }
        }
    }
}
