internal import Glibc
internal import Kernel
internal import TestKit
internal import Testing

/// Clients and images that would use the supervisor up.
@Suite(.needsRoot) struct ExhaustionTests {
    private func waitFor(_ condition: () throws -> Bool) throws -> Bool {
        for _ in 0..<600 {
            if try condition() { return true }
            usleep(100_000)
        }
        return false
    }

    @Test(arguments: ["gzip", "zstd", "xz"])
    func `CVE-2021-20291: a compressed layer that is cut off is refused, and nobody waits for its rest`(
        program: String
    ) throws {
        try AttackDaemon.with { daemon in
            let base = try AttackImage.base()
            let plain = daemon.directory + "/layer"
            try SmallFile.replace(plain, with: base)
            let squeezed = plain + ".squeezed"
            let script = "\(program) -c \(plain) > \(squeezed)"
            try #require(try Outcome.of(["/bin/sh", "-c", script], in: daemon.directory).code == 0)
            let bytes = try SmallFile.read(squeezed, limit: 64 << 20)
            for kept in [bytes.count / 2, bytes.count - 1, 20, 5] {
                var image = AttackImage(layers: [base])
                image.layerType += program == "zstd" ? "+zstd" : "+gzip"
                image.changeLayer = { _ in Array(bytes.prefix(kept)) }
                let outcome = try daemon.load(image)
                #expect(outcome.code == 125, "\(kept) bytes were taken")
            }
            // Neither threads nor descriptors are left waiting: the next one is served as if nothing had been.
            var image = AttackImage(layers: [base])
            image.layerType += program == "zstd" ? "+zstd" : "+gzip"
            image.changeLayer = { _ in bytes }
            #expect(try daemon.load(image).code == (program == "xz" ? 125 : 0))
        }
    }

    @Test func `CVE-2022-31030, CVE-2022-1708: a process that prints without end takes no memory of the host's`() throws
    {
        try AttackDaemon.with { daemon in
            let image = try daemon.loaded(
                AttackImage(layers: [try AttackImage.base { $0.add(link: "bin/yes", to: "busybox") }]))
            try #require(try daemon.berthctl("run", "-d", "--name", "c", image, "sleep", "1000").code == 0)
            let before = try daemon.peakMemory()
            let client = "\(try BuiltProgram.path("berthctl")) exec --address \(daemon.address) -n \(daemon.namespace)"
            // Once read as fast as it comes, once not at all.
            for reader in ["cat > /dev/null", "sleep 5"] {
                let script = "timeout -s KILL 5 \(client) c yes | \(reader)"
                _ = try Outcome.of(["/bin/sh", "-c", script], in: daemon.directory)
            }
            #expect(try daemon.peakMemory() - before < 64 << 20)
            for shim in try Self.shims(of: daemon) {
                let text = try SmallFile.text("/proc/\(shim)/status")
                let peak = text.split(separator: "\n").first { $0.hasPrefix("VmHWM") }?.filter(\.isNumber) ?? ""
                #expect((Int(peak) ?? .max) < 64 << 10, "the shim has had \(peak) KiB")
            }
            #expect(try daemon.berthctl("exec", "c", "echo", "well").output == "well\n")
        }
    }

    @Test func `CVE-2022-23471, CVE-2025-64329: sessions that are broken off leave nothing open`() throws {
        try AttackDaemon.with { daemon in
            let image = try daemon.loaded(
                AttackImage(layers: [try AttackImage.base { $0.add(link: "bin/killall", to: "busybox") }]))
            try #require(try daemon.berthctl("run", "-d", "--name", "c", image, "sleep", "1000").code == 0)
            let shims = try Self.shims(of: daemon)
            func open() throws -> [Int] {
                try ([daemon.process] + shims).map { try Directory.entries("/proc/\($0)/fd").count }
            }
            #expect(try daemon.berthctl("exec", "c", "true").code == 0)
            let before = try open()
            let client = "\(try BuiltProgram.path("berthctl")) exec --address \(daemon.address) -n \(daemon.namespace)"
            let script = """
                for round in $(seq 15); do
                    for n in 1 2 3 4; do timeout -s KILL 0.$((n * 2)) \(client) -t c sleep 77 >/dev/null 2>&1 </dev/null & done
                    wait
                done
                """
            _ = try Outcome.of(["/bin/sh", "-c", script], in: daemon.directory)
            // All but the container's first process, which no signal from inside reaches.
            _ = try daemon.berthctl("exec", "c", "killall", "-9", "sleep")
            var now: [Int] = []
            let isOver = try waitFor {
                now = try open()
                return zip(now, before).allSatisfy { $0 <= $1 + 8 }
            }
            #expect(isOver, "\(now) instead of \(before)")
            #expect(try daemon.berthctl("exec", "c", "echo", "well").output == "well\n")
        }
    }

    /// The processes that serve the namespace's containers.
    private static func shims(of daemon: AttackDaemon) throws -> [Int32] {
        try Directory.entries("/proc").compactMap { Int32($0.name) }.filter { process in
            let line = (try? SmallFile.text("/proc/\(process)/cmdline")) ?? ""
            return line.contains("containerd-shim-berth") && line.contains(daemon.namespace)
        }
    }
}
