import Glibc
import ImageSpec
import Kernel
import Layers
import Model
import TestKit
import Testing

/// Layers made to reach out of their root. The canary lies beside it.
@Suite(.needsRoot) struct HostileLayerTests {
    private func withCanary(
        _ body: (LayerFixture, _ root: String, _ canary: String) async throws -> Void
    ) async throws {
        try await LayerFixture.with { fixture in
            let canary = fixture.directory("canary")
            write(canary + "/file", "untouched", mode: 0o640)
            let before = tree(canary)
            var status = stat()
            stat(canary, &status)
            let mode = status.st_mode
            try await body(fixture, fixture.directory("root"), canary)
            #expect(tree(canary) == before)
            stat(canary, &status)
            #expect(status.st_mode == mode)
        }
    }

    @Test func `absolute names stay in the root`() async throws {
        try await withCanary { fixture, root, canary in
            var tar = TarBuilder()
            tar.add(canary + "/file", text("overwritten"), mode: 0o777)
            tar.add("//\(canary)/new", text("new"))
            try await fixture.apply(tar.archive, onto: fixture.bind(root))
            #expect(contents(root + canary + "/file") == "overwritten")
        }
    }

    @Test(arguments: ["../canary/file", "a/../../canary/file", "..", "./../x", "a/b/../../../canary"])
    func `names that lead out are refused`(_ name: String) async throws {
        try await withCanary { fixture, root, _ in
            var tar = TarBuilder()
            tar.add("a/b/", type: "5", mode: 0o755)
            tar.add(name, text("out"))
            let message = try await fixture.expectRefusal(tar.archive, onto: fixture.bind(root), .failedPrecondition)
            #expect(message.contains("leads out of the root"))
        }
    }

    @Test func `links that lead out lead nowhere else than into the root`() async throws {
        try await withCanary { fixture, root, canary in
            var tar = TarBuilder()
            tar.add("up", type: "2", link: "../canary")
            tar.add("abs", type: "2", link: canary)
            tar.add("chain", type: "2", link: "up")
            tar.add("up/one", text("1"))
            tar.add("abs/two", text("2"))
            tar.add("chain/three", text("3"))
            tar.add("up/file", text("4"))
            try await fixture.apply(tar.archive, onto: fixture.bind(root))
            #expect(contents(root + "/canary/one") == "1")
            #expect(contents(root + "/canary/three") == "3")
            #expect(contents(root + canary + "/two") == "2")
        }
    }

    @Test func `a file over a link replaces the link`() async throws {
        try await withCanary { fixture, root, canary in
            var tar = TarBuilder()
            tar.add("f", type: "2", link: canary + "/file")
            tar.add("f", text("mine"), mode: 0o777, user: 5)
            tar.add("d", type: "2", link: canary)
            tar.add("d/", type: "5", mode: 0o777, user: 5)
            tar.add("d/file", text("mine"))
            try await fixture.apply(tar.archive, onto: fixture.bind(root))
            #expect(contents(root + "/f") == "mine")
            #expect(contents(root + "/d/file") == "mine")
        }
    }

    @Test func `CVE-2021-32760: a link to a link changes no mode outside`() async throws {
        try await withCanary { fixture, root, canary in
            var tar = TarBuilder()
            tar.add("s", type: "2", link: canary + "/file")
            tar.add("h", type: "1", mode: 0o777, user: 5, group: 5, link: "s")
            tar.add("h", type: "1", mode: 0o4777, link: "s")
            try await fixture.apply(tar.archive, onto: fixture.bind(root))
            #expect(link(at: root + "/h") == canary + "/file")
        }
    }

    @Test func `hard links reach nothing outside`() async throws {
        try await withCanary { fixture, root, canary in
            for target in ["../canary/file", canary + "/file", "out/file"] {
                var tar = TarBuilder()
                tar.add("out", type: "2", link: "../canary")
                tar.add("h", type: "1", mode: 0o777, link: target)
                try await fixture.expectRefusal(
                    tar.archive, onto: fixture.bind(fixture.directory("root" + String(target.count))),
                    .failedPrecondition, .internal)
            }
            var status = stat()
            stat(canary + "/file", &status)
            #expect(status.st_nlink == 1)
            _ = root
        }
    }

    @Test func `whiteouts remove nothing outside`() async throws {
        try await withCanary { fixture, root, canary in
            write(root + "/kept", "kept")
            symlink(canary, root + "/out")
            symlink("../canary", root + "/up")
            var tar = TarBuilder()
            tar.add("out/.wh.file")
            tar.add("out/.wh..wh..opq")
            tar.add("up/.wh.file")
            tar.add("up/.wh..wh..opq")
            try await fixture.apply(tar.archive, onto: fixture.bind(root))
            #expect(contents(root + "/kept") == "kept")
            var gone = TarBuilder()
            gone.add(".wh.out")
            gone.add(".wh.up")
            try await fixture.apply(gone.archive, onto: fixture.bind(root))
            #expect(!exists(root + "/out") && !exists(root + "/up"))
        }
    }

    @Test func `CVE-2025-47290: two hostile layers in one root at once stay in it`() async throws {
        try await withCanary { fixture, root, canary in
            var swapping = TarBuilder()
            var writing = TarBuilder()
            for round in 0..<400 {
                swapping.add("d/", type: "5", mode: 0o755)
                swapping.add("d", type: "2", link: round % 2 == 0 ? canary : "../canary")
                writing.add("d/file", text("overwritten"), mode: 0o777, user: 6)
                writing.add("d/file\(round)", text("new"), mode: 0o777)
                writing.add("d/.wh.file")
            }
            let (first, second) = (swapping.archive, writing.archive)
            async let one: Void = attempt(first, fixture, root)
            async let two: Void = attempt(second, fixture, root)
            async let three: Void = attempt(second + [0], fixture, root)
            _ = await (one, two, three)
        }
    }

    private func attempt(_ bytes: [UInt8], _ fixture: LayerFixture, _ root: String) async {
        // They get in each other's way; what counts is where nothing happens.
        _ = try? await fixture.apply(bytes, onto: fixture.bind(root))
    }

    @Test func `CVE-2026-95838: opaque marks without end take no longer than other entries`() async throws {
        try await withCanary { fixture, root, _ in
            for index in 0..<2000 { write(root + "/old\(index)", "") }
            var tar = TarBuilder()
            tar.add(".wh..wh..opq")
            let mark = tar.bytes
            // Were each to walk the directory, this would be a hundred million steps.
            for index in 0..<25_000 {
                if index < 2000 { tar.add("new\(index)") }
                tar.append(raw: mark)
            }
            try await fixture.apply(tar.archive, onto: fixture.bind(root))
            #expect(tree(root).count == 2000)
        }
    }

    @Test(arguments: ["", "=", "=x", "upperdir=", "lowerdir="])
    func `mounts with options that say nothing are refused`(option: String) async throws {
        try await LayerFixture.with { fixture in
            var tar = TarBuilder()
            tar.add("file")
            let mounts = [Mount(type: "overlay", source: "overlay", options: [option])]
            try await fixture.expectRefusal(tar.archive, onto: mounts, .failedPrecondition, .invalidArgument)
            // Nothing on both sides is no difference.
            let layer = try? await fixture.differ.diff(DiffRequest(left: mounts, right: mounts), in: LayerFixture.scope)
            #expect(layer == nil || layer?.size ?? 0 < 1024)
        }
    }

    @Test func `numbers that do not fit are refused`() async throws {
        for pax in [
            ("uid", "4294967295"), ("gid", "4294967296"), ("uid", "99999999999999999999"), ("size", "-1"),
            ("mtime", "soon"), ("size", "9223372036854775807"),
        ] {
            try await LayerFixture.with { fixture in
                var tar = TarBuilder()
                tar.add("file", text("x"), pax: [(pax.0, text(pax.1))])
                try await fixture.expectRefusal(
                    tar.archive, onto: fixture.bind(fixture.directory("root")), .failedPrecondition)
            }
        }
    }

    @Test func `headers that lie are refused`() async throws {
        var tars: [TarBuilder] = []
        var tar = TarBuilder()
        tar.add("file", text("x"), size: 1 << 32)
        tars.append(tar)
        tar = TarBuilder()
        tar.add("L", type: "L", text("x"), size: 2 << 20)
        tars.append(tar)
        tar = TarBuilder()
        tar.add("x", type: "x", text("99 path=a\n"))
        tar.add("file")
        tars.append(tar)
        tar = TarBuilder()
        tar.add("x", type: "x", text("9 path\u{0}a\n"))
        tar.add("file")
        tars.append(tar)
        tar = TarBuilder()
        tar.add("nul", pax: [("path", [0x61, 0, 0x62])])
        tars.append(tar)
        tar = TarBuilder()
        tar.append(raw: [UInt8](repeating: 0x41, count: 512))
        tars.append(tar)
        tar = TarBuilder()
        tar.add("what", type: "Z")
        tars.append(tar)
        tar = TarBuilder()
        tar.add("s", text("data"), pax: [("GNU.sparse.map", text("0,2,1,2")), ("GNU.sparse.size", text("100"))])
        tars.append(tar)
        tar = TarBuilder()
        tar.add("s", text("data"), pax: [("GNU.sparse.map", text("0,400")), ("GNU.sparse.size", text("100"))])
        tars.append(tar)
        for (index, tar) in tars.enumerated() {
            try await LayerFixture.with { fixture in
                let message = try await fixture.expectRefusal(
                    tar.archive, onto: fixture.bind(fixture.directory("root")), .failedPrecondition, .dataLoss)
                #expect(message.contains("tar: "), "\(index): \(message)")
            }
        }
    }

    @Test func `a name too long and links in a circle are refused`() async throws {
        try await LayerFixture.with { fixture in
            var tar = TarBuilder()
            tar.add("x", pax: [("path", text(String(repeating: "a/", count: 3000)))])
            try await fixture.expectRefusal(
                tar.archive, onto: fixture.bind(fixture.directory("long")), .failedPrecondition)
            tar = TarBuilder()
            tar.add("x", pax: [("path", text(String(repeating: "a", count: 300)))])
            try await fixture.expectRefusal(
                tar.archive, onto: fixture.bind(fixture.directory("wide")), .failedPrecondition)
            tar = TarBuilder()
            tar.add("a", type: "2", link: "b")
            tar.add("b", type: "2", link: "a")
            tar.add("a/file", text("x"))
            try await fixture.expectRefusal(
                tar.archive, onto: fixture.bind(fixture.directory("circle")), .failedPrecondition)
        }
    }

    @Test func `random damage never escapes nor hangs`() async throws {
        try await withCanary { fixture, _, canary in
            var tar = TarBuilder()
            tar.add("d/", type: "5", mode: 0o755)
            tar.add("d/f", text("contents"), pax: [("path", text("d/longer")), ("SCHILY.xattr.user.a", [1])])
            tar.add("l", type: "2", link: canary)
            tar.add("l/x", type: "1", link: "d/longer")
            tar.add(".wh.d")
            var random = SystemRandomNumberGenerator()
            for round in 0..<150 {
                var bytes = tar.archive
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
                }
                _ = try? await fixture.apply(bytes, onto: fixture.bind(fixture.directory("r\(round)")))
            }
        }
    }
}
