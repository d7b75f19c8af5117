import Glibc
import ImageSpec
import Kernel
import Layers
import Model
import TestKit
import Testing

@Suite(.needsRoot) struct ApplyTests {
    @Test func `every kind of entry is made with owner, mode and time`() async throws {
        try await LayerFixture.with { fixture in
            var tar = TarBuilder()
            tar.add("./", type: "5", mode: 0o750, user: 3, group: 4, time: 500)
            tar.add("dir/", type: "5", mode: 0o2775, user: 1, group: 2, time: 1000)
            tar.add("dir/file", text("hello"), mode: 0o4755, user: 7, group: 8, time: 2000)
            tar.add("dir/empty", mode: 0o000, time: 0)
            tar.add("dir/link", type: "2", mode: 0o777, user: 9, group: 10, time: 3000, link: "/etc/passwd")
            tar.add("dir/hard", type: "1", mode: 0o777, time: 99, link: "dir/file")
            tar.add("null", type: "3", mode: 0o666, time: 4000, major: 1, minor: 3)
            tar.add("disk", type: "4", mode: 0o660, group: 6, time: 4000, major: 7, minor: 99)
            tar.add("pipe", type: "6", mode: 0o622, time: 5000)
            let root = fixture.directory("root")
            let applied = try await fixture.apply(tar.archive, onto: fixture.bind(root))
            #expect(applied.size == Int64(tar.archive.count))
            #expect(applied.mediaType == "application/vnd.oci.image.layer.v1.tar")
            #expect(facts(root) == "40750 3:4 500")
            #expect(facts(root + "/dir") == "42775 1:2 1000")
            #expect(facts(root + "/dir/file") == "104755 7:8 2000 5 hello")
            #expect(facts(root + "/dir/hard") == facts(root + "/dir/file"))
            #expect(facts(root + "/dir/empty") == "100000 0:0 0 0 ")
            #expect(facts(root + "/dir/link") == "120777 9:10 3000 -> /etc/passwd")
            #expect(facts(root + "/null") == "20666 0:0 4000 259")
            #expect(facts(root + "/disk") == "60660 0:6 4000 1891")
            #expect(facts(root + "/pipe") == "10622 0:0 5000")
        }
    }

    @Test func `a directory that passes its group on does not change its entries' groups`() async throws {
        try await LayerFixture.with { fixture in
            var tar = TarBuilder()
            tar.add("d/", type: "5", mode: 0o2755, group: 50)
            tar.add("d/file", mode: 0o644)
            tar.add("d/sub/", type: "5", mode: 0o755)
            tar.add("d/made/on/the/way", mode: 0o644)
            let root = fixture.directory("root")
            try await fixture.apply(tar.archive, onto: fixture.bind(root))
            #expect(facts(root + "/d").hasPrefix("42755 0:50"))
            #expect(facts(root + "/d/file").hasPrefix("100644 0:0"))
            #expect(facts(root + "/d/sub").hasPrefix("40755 0:0"))
            #expect(facts(root + "/d/made/on").hasPrefix("40755 0:0"))
        }
    }

    @Test func `the supervisor's umask does not reach the files`() async throws {
        try await LayerFixture.with { fixture in
            var tar = TarBuilder()
            tar.add("file", mode: 0o666)
            tar.add("dir/", type: "5", mode: 0o777)
            let root = fixture.directory("root")
            let old = umask(0o077)
            defer { umask(old) }
            try await fixture.apply(tar.archive, onto: fixture.bind(root))
            #expect(facts(root + "/file").hasPrefix("100666"))
            #expect(facts(root + "/dir").hasPrefix("40777"))
        }
    }

    @Test func `a later entry replaces an earlier one of another kind`() async throws {
        try await LayerFixture.with { fixture in
            var tar = TarBuilder()
            tar.add("a", text("file"))
            tar.add("a", type: "2", link: "b")
            tar.add("a", text("again"))
            tar.add("d/x/y", text("deep"))
            tar.add("d", text("now a file"))
            tar.add("e", text("now a directory"))
            tar.add("e/", type: "5", mode: 0o711)
            tar.add("e/in", text("in"))
            tar.add("e/", type: "5", mode: 0o755)
            let root = fixture.directory("root")
            try await fixture.apply(tar.archive, onto: fixture.bind(root))
            #expect(contents(root + "/a") == "again")
            #expect(contents(root + "/d") == "now a file")
            #expect(contents(root + "/e/in") == "in")
            #expect(facts(root + "/e").hasPrefix("40755"))
        }
    }

    @Test func `long names, attributes and fractions come from pax headers`() async throws {
        try await LayerFixture.with { fixture in
            let long = String(repeating: "long/", count: 40) + String(repeating: "n", count: 200)
            var tar = TarBuilder()
            tar.add(
                "short", text("data"),
                pax: [
                    ("path", text(long)), ("mtime", text("1500000000.25")), ("uid", text("3000000")),
                    ("SCHILY.xattr.user.note", [0, 1, 0x0A, 2]), ("SCHILY.xattr.trusted.overlay.redirect", text("/")),
                    ("SCHILY.xattr.user.overlay.opaque", text("y")), ("SCHILY.xattr.security.selinux", text("x")),
                ])
            tar.add("gnu", type: "L", text(long + "2\u{0}"), magic: "ustar  \u{0}")
            tar.add("cut", text("gnu"), magic: "ustar  \u{0}")
            let root = fixture.directory("root")
            try await fixture.apply(tar.archive, onto: fixture.bind(root))
            let file = "\(root)/\(long)"
            var status = stat()
            lstat(file, &status)
            #expect(status.st_uid == 3_000_000)
            #expect(status.st_mtim.tv_nsec == 250_000_000)
            #expect(try FileDescriptor.extendedAttributeNames(path: file) == ["user.note"])
            #expect(try FileDescriptor.extendedAttribute(path: file, "user.note") == [0, 1, 0x0A, 2])
            #expect(contents(file + "2") == "gnu")
        }
    }

    @Test func `file capabilities survive the owner`() async throws {
        try await LayerFixture.with { fixture in
            // Revision 2, CAP_NET_RAW permitted and effective.
            let capability: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
            var tar = TarBuilder()
            tar.add("ping", text("#!"), mode: 0o755, user: 5, pax: [("SCHILY.xattr.security.capability", capability)])
            let root = fixture.directory("root")
            try await fixture.apply(tar.archive, onto: fixture.bind(root))
            #expect(try FileDescriptor.extendedAttribute(path: root + "/ping", "security.capability") == capability)
        }
    }

    @Test func `entries below a link go where it leads inside the root`() async throws {
        try await LayerFixture.with { fixture in
            var tar = TarBuilder()
            tar.add("usr/lib/", type: "5", mode: 0o755)
            tar.add("lib", type: "2", link: "usr/lib")
            tar.add("abs", type: "2", link: "/usr/lib")
            tar.add("lib/one", text("1"))
            tar.add("abs/two", text("2"))
            let root = fixture.directory("root")
            try await fixture.apply(tar.archive, onto: fixture.bind(root))
            #expect(contents(root + "/usr/lib/one") == "1")
            #expect(contents(root + "/usr/lib/two") == "2")
            #expect(link(at: root + "/lib") == "usr/lib")
        }
    }

    @Test func `entries below a link of a lower layer go where it leads, through overlay`() async throws {
        try await LayerFixture.with { fixture in
            let (lower, upper) = (fixture.directory("lower"), fixture.directory("upper"))
            var base = TarBuilder()
            base.add("usr/lib/", type: "5", mode: 0o751, user: 11, group: 12)
            base.add("usr/lib/old", text("old"))
            base.add("lib", type: "2", link: "usr/lib")
            try await fixture.apply(base.archive, onto: fixture.bind(lower))
            var tar = TarBuilder()
            tar.add("lib/new", text("new"))
            tar.add("hard", type: "1", link: "usr/lib/old")
            let mounts = fixture.overlay(upper: upper, lower: [lower])
            try await fixture.apply(tar.archive, onto: mounts)
            let seen = try withMounted(mounts, at: fixture.path + "/merged") { root in
                [
                    link(at: root + "/lib"), contents(root + "/lib/new"), contents(root + "/hard"),
                    facts(root + "/usr/lib"),
                ]
            }
            #expect(seen[..<3] == ["usr/lib", "new", "old"])
            #expect(seen[3].hasPrefix("40751 11:12"))
        }
    }

    @Test(arguments: ["gnu", "posix"]) func `sparse files keep their holes`(_ format: String) async throws {
        try await LayerFixture.with { fixture in
            let source = fixture.directory("source")
            let file = open(source + "/sparse", O_CREAT | O_RDWR, 0o644)
            for part in 0..<30 { pwrite(file, "part \(part)", 7, off_t(part) * (1 << 20)) }
            ftruncate(file, 40 << 20)
            close(file)
            #expect(run("tar --sparse --format=\(format) -C \(source) -cf \(fixture.path)/s.tar sparse"))
            let root = fixture.directory("root")
            try await fixture.apply(bytesOf(fixture.path + "/s.tar"), onto: fixture.bind(root))
            #expect(run("cmp \(source)/sparse \(root)/sparse"))
            var status = stat()
            stat(root + "/sparse", &status)
            #expect(status.st_blocks < 1000)
        }
    }

    @Test(arguments: ["0.0", "0.1", "1.0"]) func `each pax form of sparse files is read`(_ version: String) async throws
    {
        try await LayerFixture.with { fixture in
            let source = fixture.directory("source")
            let file = open(source + "/s", O_CREAT | O_RDWR, 0o644)
            pwrite(file, "begin", 5, 0)
            pwrite(file, "end", 3, 5 << 20)
            close(file)
            #expect(
                run("tar --sparse --format=posix --sparse-version=\(version) -C \(source) -cf \(fixture.path)/s.tar s"))
            let root = fixture.directory("root")
            try await fixture.apply(bytesOf(fixture.path + "/s.tar"), onto: fixture.bind(root))
            #expect(run("cmp \(source)/s \(root)/s"))
        }
    }

    @Test(arguments: ["v7", "oldgnu", "gnu", "ustar", "posix"])
    func `what GNU tar packs is unpacked as GNU tar does`(_ format: String) async throws {
        try await LayerFixture.with { fixture in
            let source = fixture.directory("source")
            mkdir(source + "/d", 0o755)
            write(source + "/d/ünïcode", "text")
            write(source + "/d/" + String(repeating: "x", count: 80), "long", mode: 0o6751)
            symlink("d/ünïcode", source + "/l")
            link(source + "/d/ünïcode", source + "/h")
            write(source + "/big", String(repeating: "0123456789", count: 90_000))
            #expect(run("tar --format=\(format) -C \(source) -cf \(fixture.path)/s.tar ."))
            let (root, other) = (fixture.directory("root"), fixture.directory("other"))
            try await fixture.apply(bytesOf(fixture.path + "/s.tar"), onto: fixture.bind(root))
            #expect(run("tar -C \(other) -xpf \(fixture.path)/s.tar"))
            #expect(tree(root) == tree(other))
            #expect(tree(root).count == 6)
        }
    }
}
