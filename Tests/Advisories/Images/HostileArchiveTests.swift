internal import Glibc
internal import Kernel
internal import TestKit
internal import Testing

/// Archives and documents that mean something else to one reader than to the next, or have no end.
@Suite(.needsRoot) struct HostileArchiveTests {
    @Test func `GHSA-5j5w-g665-5m35: a document that is a manifest and an index is refused`() throws {
        try AttackDaemon.with { daemon in
            let inner = AttackImage.descriptor(AttackImage.manifest, Array("{}".utf8))
            var image = AttackImage(layers: [try AttackImage.base()])
            image.changeManifest = { $0.dropLast() + #","manifests":[\#(inner)]}"# }
            let both = try daemon.load(image)
            #expect(both.code == 125 && both.errors.contains("ambiguous"), "\(both.errors)")
            image = AttackImage(layers: [try AttackImage.base()])
            image.changeIndex = { $0.dropLast() + #","layers":[\#(inner)],"config":\#(inner)}"# }
            let index = try daemon.load(image)
            #expect(index.code == 125 && index.errors.contains("ambiguous"), "\(index.errors)")
            // A manifest that is called an index, and the other way round.
            image = AttackImage(layers: [try AttackImage.base()])
            image.changeIndex = { $0.replacing(AttackImage.manifest, with: AttackImage.index) }
            #expect(try daemon.load(image).code == 125)
            #expect(!(try daemon.berthctl("images").output.contains("attack")))
        }
    }

    @Test func `CVE-2023-25153: an index without end is refused, and takes no memory`() throws {
        try AttackDaemon.with { daemon in
            _ = try daemon.loaded(AttackImage(layers: [try AttackImage.base()]))
            let before = try daemon.peakMemory()
            // Ten gigabytes of zeros, as a gzip of many members.
            let portion = 64 << 20
            let zeros = daemon.directory + "/zeros"
            try FileDescriptor.open(zeros, [.writeOnly, .create]).truncate(to: Int64(portion))
            for name in ["index.json", "manifest.json", "./index.json"] {
                let header = daemon.directory + "/header"
                try SmallFile.replace(header, with: AttackTar.header(name, size: 10 << 30))
                let path = daemon.directory + "/bomb.tar.gz"
                let script = """
                    gzip -1 -c \(header) > \(path); gzip -1 -c \(zeros) > \(zeros).gz
                    for n in $(seq 1 160); do cat \(zeros).gz; done >> \(path)
                    """
                #expect(try Outcome.of(["/bin/sh", "-c", script], in: daemon.directory).code == 0)
                let outcome = try daemon.berthctl("import", "-q", path)
                #expect(outcome.code == 125, "\(outcome.output)")
                #expect(outcome.errors.contains("at most"), "\(outcome.errors)")
            }
            let grown = try daemon.peakMemory() - before
            #expect(grown < 64 << 20, "\(grown) bytes")
        }
    }

    @Test func `CVE-2026-53493: an index of indexes without end is refused soon`() throws {
        try AttackDaemon.with { daemon in
            // Each level names the level below many times: followed blindly, 100 to the power of 12.
            var entries: [(name: String, bytes: [UInt8])] = []
            var child = AttackImage.descriptor(AttackImage.manifest, Array("{}".utf8))
            for _ in 0..<12 {
                let list = [String](repeating: child, count: 100).joined(separator: ",")
                let document = Array(
                    #"{"schemaVersion":2,"mediaType":"\#(AttackImage.index)","manifests":[\#(list)]}"#.utf8)
                entries.append((AttackImage.blob(document), document))
                child = AttackImage.descriptor(AttackImage.index, document)
            }
            for count in [1, 1000, 20_000] {
                let list = [String](repeating: child, count: count).joined(separator: ",")
                var tar = AttackTar()
                tar.add("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
                for (name, bytes) in entries { tar.add(name, bytes) }
                tar.add("index.json", Array(#"{"schemaVersion":2,"manifests":[\#(list)]}"#.utf8))
                let path = "\(daemon.directory)/deep-\(count).tar"
                try SmallFile.replace(path, with: tar.archive)
                let began = Double(Clock.milliseconds()) / 1000
                let outcome = try daemon.berthctl("import", "-q", path)
                #expect(outcome.code == 125, "\(count) entries were taken")
                #expect(Double(Clock.milliseconds()) / 1000 - began < 10, "\(count) entries")
            }
        }
    }

    @Test func `CVE-2026-53493: nor does one that stays just within the depth multiply`() throws {
        try AttackDaemon.with { daemon in
            var image = AttackImage(layers: [try AttackImage.base()])
            // Three levels of a hundred times the same, of which the lowest is a real image.
            var extra: [(String, [UInt8])] = []
            image.changeIndex = { text in
                var child = String(text.drop { $0 != "[" }.dropFirst().prefix { $0 != "]" })
                for _ in 0..<3 {
                    let list = [String](repeating: child, count: 100).joined(separator: ",")
                    let document = Array(
                        #"{"schemaVersion":2,"mediaType":"\#(AttackImage.index)","manifests":[\#(list)]}"#.utf8)
                    extra.append((AttackImage.blob(document), document))
                    child = AttackImage.descriptor(AttackImage.index, document)
                }
                return #"{"schemaVersion":2,"manifests":[\#(child)]}"#
            }
            let entries = image.entries()
            var tar = AttackTar()
            for (name, bytes) in entries.dropLast() + extra + entries.suffix(1) { tar.add(name, bytes) }
            let path = daemon.directory + "/wide.tar"
            try SmallFile.replace(path, with: tar.archive)
            let began = Double(Clock.milliseconds()) / 1000
            _ = try daemon.berthctl("import", "-q", path)
            #expect(Double(Clock.milliseconds()) / 1000 - began < 20, "a million manifests were looked at")
        }
    }

    @Test func `CVE-2026-95839, CVE-2021-21285: no digest, size or document makes the daemon end`() throws {
        try AttackDaemon.with { daemon in
            let base = try AttackImage.base()
            let digest = "sha256:" + String(repeating: "a", count: 64)
            let replacements: [(String, String)] = [
                (#""digest":"sha256:"#, #""digest":"sha256:../../../../"#),
                (#""digest":"sha256:"#, #""digest":"sha256"#),
                (#""digest":"sha256:"#, #""digest":":"#), (#""digest":"sha256:"#, #""digest":"md5:"#),
                (#""digest":"sha256:"#, #""digest":"sha512:"#), (#""digest":"sha256:"#, #""digest":"","x":""#),
                (#""digest":"#, #""digest":null,"x":"#), (#""digest":"#, #""digest":[1],"x":"#),
                (#""size":"#, #""size":-"#), (#""size":"#, #""size":99999999999999999999"#),
                (#""size":"#, #""size":9223372036854775807,"x":"#), (#""size":"#, #""size":1e400,"x":"#),
                (#""size":"#, #""size":"big","x":"#), (#""layers":["#, #""layers":[{},"#),
                (#""layers":["#, #""layers":[null,"#), (#""layers":["#, #""layers":null,"x":["#),
                (#""layers":["#, #""layers":[[[[[[[["#), (#""config":"#, #""config":null,"x":"#),
                (#""mediaType":"#, #""mediaType":7,"x":"#), (#""mediaType":"#, #""mediaType":"\u0000","x":"#),
                (#""schemaVersion":2"#, #""schemaVersion":-1"#), (#""schemaVersion":2"#, #""schemaVersion":"2""#),
                (#""schemaVersion":2"#, #""annotations":{"a":1},"schemaVersion":2"#), ("{", "["), ("}", ""),
                (":", ""), ("\"", "'"), (digest, digest + digest),
                (#""schemaVersion":2"#, "\"x\":" + String(repeating: "[", count: 100_000)),
                (#""schemaVersion":2"#, "\"x\":" + String(repeating: "{\"a\":", count: 50_000)),
            ]
            for (old, new) in replacements {
                for place in ["manifest", "index"] {
                    var image = AttackImage(layers: [base])
                    if place == "manifest" {
                        image.changeManifest = { $0.replacing(old, with: new) }
                    } else {
                        image.changeIndex = { $0.replacing(old, with: new) }
                    }
                    _ = try daemon.load(image)
                    #expect(try daemon.berthctl("images").code == 0, "\(place): \(old) -> \(new.prefix(40))")
                }
            }
            // Names of blobs that lead elsewhere.
            for name in [
                "blobs/sha256/../../../../etc/x", "/blobs/sha256/x",
                "blobs/sha256/" + String(repeating: "a", count: 63),
            ] {
                var tar = AttackTar()
                for (entry, bytes) in AttackImage(layers: [base]).entries() { tar.add(entry, bytes) }
                tar.add(name, Array("content".utf8))
                let path = daemon.directory + "/names.tar"
                try SmallFile.replace(path, with: tar.archive)
                _ = try daemon.berthctl("import", "-q", path)
            }
            #expect(try daemon.load(AttackImage(layers: [base])).code == 0)
        }
    }

    @Test func `CVE-2026-95839: nor do bytes that changed at random`() throws {
        try AttackDaemon.with { daemon in
            var generator = SeededGenerator(state: 95839)
            var tiny = AttackTar()
            tiny.add("file", Array("x".utf8))
            let whole = try SmallFile.read(
                try AttackImage(layers: [tiny.archive]).write(in: daemon.directory), limit: 64 << 20)
            for round in 0..<60 {
                var bytes = whole
                for _ in 0..<Int.random(in: 1...20, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
                }
                let path = "\(daemon.directory)/damaged.tar"
                try SmallFile.replace(path, with: bytes)
                _ = try daemon.berthctl("import", "-q", path)
                #expect(!daemon.log.contains("Fatal error"), "round \(round)")
            }
        }
    }
}
