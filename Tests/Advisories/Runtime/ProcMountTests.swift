internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// What stands in for /proc and /sys, which the runtime's own writes and the masks of the kernel's files rely on.
@Suite(.needsRoot) struct ProcMountTests {
    private static let places = [
        "/proc", "/proc/", "//proc", "/tmp/../proc", "/proc/self", "/proc/self/attr", "/proc/self/attr/exec",
        "/proc/sys",
        "/proc/sys/kernel", "/proc/1", "/proc/thread-self/attr",
    ]

    @Test func `CVE-2019-16884: a volume over proc is refused`() throws {
        try AttackBundle.with { bundle in
            let plain = bundle.spec.mounts
            try makeDirectory(bundle.directory + "/volume", mode: 0o755)
            for place in Self.places {
                for hasProc in [true, false] {
                    bundle.spec.mounts = hasProc ? plain : plain.filter { $0.destination != "/proc" }
                    bundle.mount(place, type: "bind", source: bundle.directory + "/volume", ["rbind", "rw"])
                    let volume = try bundle.run()
                    #expect(volume.code != 0 && volume.output.isEmpty, "a volume at \(place)")
                    // By the runtime itself: programs that need procfs would fail as well.
                    #expect(Self.isRefusal(volume), "a volume at \(place): \(volume.errors)")
                    bundle.spec.mounts.removeLast()
                    bundle.mount(place)
                    let memory = try bundle.run()
                    #expect(memory.code != 0 && memory.output.isEmpty, "a tmpfs at \(place)")
                    #expect(Self.isRefusal(memory), "a tmpfs at \(place): \(memory.errors)")
                }
            }
        }
    }

    @Test func `CVE-2019-16884: nor is one led there by a link`() throws {
        try AttackBundle.with { bundle in
            let plain = bundle.spec.mounts
            try bundle.link("/innocent", to: "/proc")
            try bundle.link("/relative", to: "proc/self")
            try makeDirectory(bundle.directory + "/volume", mode: 0o755)
            for place in ["/innocent", "/innocent/sys", "/innocent/self/attr", "/relative/attr"] {
                bundle.spec.mounts = plain
                bundle.mount(place, type: "bind", source: bundle.directory + "/volume", ["rbind", "rw"])
                let outcome = try bundle.run()
                #expect(outcome.code != 0 && outcome.output.isEmpty, "a volume at \(place)")
                #expect(Self.isRefusal(outcome), "a volume at \(place): \(outcome.errors)")
            }
        }
    }

    private static func isRefusal(_ outcome: Outcome) -> Bool {
        ["only a procfs may be mounted", "the destination lies on a procfs"].contains { outcome.errors.contains($0) }
    }

    @Test func `CVE-2019-19921, CVE-2023-27561, CVE-2023-28642: an image whose proc or sys is a link is refused`()
        throws
    {
        for name in ["/proc", "/sys"] {
            for target in ["/tmp", "tmp", "/", ".", "/nowhere", "../../../../../proc", "/proc/self/cwd"] {
                try AttackBundle.with { bundle in
                    try bundle.link(name, to: target)
                    let outcome = try bundle.run()
                    #expect(outcome.code != 0 && outcome.output.isEmpty, "\(name) -> \(target)")
                    #expect(outcome.errors.contains(#"mount \"\#(name)\""#), "\(outcome.errors)")
                }
            }
        }
    }

    @Test func `CVE-2023-27561: nor does a volume that brings the link get by`() throws {
        try AttackBundle.with { bundle in
            // proc of the image leads into a volume that is mounted before, whose content the attacker has.
            let volume = bundle.directory + "/volume"
            for path in ["", "/real", "/real/self", "/real/self/attr"] { try makeDirectory(volume + path, mode: 0o755) }
            try bundle.makeDirectories("/vol")
            try bundle.link("/proc", to: "/vol/real")
            bundle.spec.mounts.insert(
                Mount(destination: "/vol", type: "bind", source: volume, options: ["rbind"]), at: 0)
            let outcome = try bundle.run()
            #expect(outcome.code != 0 && outcome.output.isEmpty)
            #expect(outcome.errors.contains(#"mount \"/proc\""#), "\(outcome.errors)")
        }
    }

    @Test(arguments: ["proc", "sys"]) func `CVE-2023-28642: nor does one that changes between link and directory`(
        name: String
    ) throws {
        try AttackBundle.with { bundle in
            try bundle.makeDirectories("/" + name, "/fake")
            try bundle.link("/other", to: "/fake")
            let racer = try Racer(exchanging: bundle.rootfs + "/" + name, with: bundle.rootfs + "/other")
            let host = HostParameters()
            for _ in 0..<60 {
                // Either it is refused, or the kernel's files are there and protected: never the image's own.
                let outcome = try bundle.run("cat", "/proc/self/mountinfo")
                guard outcome.code == 0 else { continue }
                for line in outcome.output.split(separator: "\n") {
                    let place = line.split(separator: " ")[4]
                    #expect(!place.hasPrefix("/fake"), "\(line)")
                }
            }
            try racer.expectRunning()
            host.expectUnchanged()
        }
    }
}
