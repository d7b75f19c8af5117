internal import Glibc
internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// Volumes and images that another container changes while this one is being set up.
@Suite(.needsRoot) struct MountRaceTests {
    private static let rounds = 80

    /// A volume at /vol in which "swap", a directory, and "link", which leads to `target`, change places all the time.
    private func withSwappedVolume(
        leadingTo target: (AttackBundle) -> String, _ body: (inout AttackBundle, Racer) throws -> Void
    ) throws {
        try AttackBundle.with { bundle in
            let volume = bundle.directory + "/volume"
            for path in ["", "/swap", "/data"] { try makeDirectory(volume + path, mode: 0o755) }
            try SmallFile.replace(volume + "/data/file", with: Array("data".utf8))
            try AttackBundle.link(volume + "/link", to: target(bundle))
            bundle.mount("/vol", type: "bind", source: volume, ["rbind", "rw"])
            let racer = try Racer(exchanging: volume + "/swap", with: volume + "/link")
            try body(&bundle, racer)
            try racer.expectRunning()
        }
    }

    /// Where mounts of such a container may be.
    private static func isExpected(_ place: String, _ bundle: AttackBundle) -> Bool {
        let own = ["/", "/proc", "/dev", "/dev/pts", "/sys", "/vol"]
        return own.contains(place)
            || ["/vol/", "/proc/", "/sys/", "/tmp/berth-", "/dev/"].contains { place.hasPrefix($0) }
    }

    @Test(arguments: ["absolute", "relative"])
    func `CVE-2021-30465: a mount target exchanged for a link reaches no file of the host`(form: String) throws {
        let target = { (bundle: AttackBundle) in
            form == "absolute" ? bundle.canary.path : "../../../../../../../.." + bundle.canary.path
        }
        try withSwappedVolume(leadingTo: target) { bundle, racer in
            let data = bundle.directory + "/volume/data"
            let usual = try AttackBundle.observation(bundle.run()).mounts.count
            bundle.mount("/vol/swap/one")
            bundle.mount("/vol/swap", type: "bind", source: data, ["rbind"])
            bundle.mount("/vol/swap/two/deep", type: "bind", source: data, ["rbind"])
            var started = 0
            for _ in 0..<Self.rounds {
                let outcome = try bundle.run()
                guard outcome.code == 0 else { continue }
                started += 1
                let mounts = try AttackBundle.observation(outcome).mounts
                #expect(mounts.count == usual + 3, "a mount is not inside: \(mounts)")
                for line in mounts {
                    let fields = line.split(separator: " ")
                    #expect(Self.isExpected(String(fields[4]), bundle), "\(line)")
                    #expect(!fields[3].contains("canary"), "the host's files are mounted inside: \(line)")
                }
            }
            #expect(started > 0, "no container ever came to be; nothing was tried")
        }
    }

    @Test func `CVE-2024-45310: mount points made during a race are no files of the host`() throws {
        let target = { (bundle: AttackBundle) in bundle.canary.path }
        try withSwappedVolume(leadingTo: target) { bundle, _ in
            let data = bundle.directory + "/volume/data"
            var number = 0
            let plain = bundle.spec.mounts
            for _ in 0..<Self.rounds {
                bundle.spec.mounts = plain
                // Names that are new each time, so that each has to be made.
                for _ in 0..<8 {
                    number += 1
                    bundle.mount("/vol/swap/file\(number)", type: "bind", source: data + "/file", ["bind"])
                    bundle.mount("/vol/swap/directory\(number)/deep", type: "bind", source: data, ["rbind"])
                }
                bundle.spec.process?.cwd = "/vol/swap/cwd\(number)"
                _ = try bundle.run("true")
            }
            bundle.canary.expectUntouched("\(number) names")
        }
    }

    /// What a container that masks core_pattern tries.
    private static let script = """
        echo \(HostParameters.pattern) > /proc/sys/kernel/core_pattern; cat /proc/sys/kernel/core_pattern;
        echo h > /proc/sysrq-trigger; cat /proc/sys/kernel/modprobe; ls /proc/sys/kernel/ >/dev/null; echo done
        """

    private func expectMasked(_ bundle: inout AttackBundle, rounds: Int, _ racer: Racer) throws {
        let host = HostParameters()
        // The masks alone are to protect.
        bundle.spec.linux?.readonlyPaths = []
        bundle.spec.linux?.maskedPaths = [
            "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/kernel/modprobe",
            "/proc/sys/kernel/sysrq",
        ]
        for _ in 0..<rounds {
            let outcome = try bundle.run("sh", "-c", Self.script)
            if outcome.code == 0 { #expect(outcome.output == "done\n", "\(outcome.output)") }
            host.expectUnchanged()
        }
        try racer.expectRunning()
    }

    @Test func `CVE-2025-31133, CVE-2025-62161: masked paths stay masked while a volume's null is exchanged`() throws {
        try AttackBundle.with { bundle in
            let volume = bundle.directory + "/devices"
            try makeDirectory(volume, mode: 0o755)
            try #require(mknod(volume + "/null", S_IFCHR | 0o666, 1 << 8 | 3) == 0)
            try AttackBundle.link(volume + "/other", to: "/proc/sys/kernel/core_pattern")
            bundle.unmount("/dev", "/dev/pts")
            bundle.mount("/dev", type: "bind", source: volume, ["rbind", "rw"])
            let racer = try Racer(exchanging: volume + "/null", with: volume + "/other")
            try expectMasked(&bundle, rounds: Self.rounds, racer)
        }
    }

    @Test func `CVE-2025-31133: and while the image's null is`() throws {
        try AttackBundle.with { bundle in
            try bundle.makeDirectories("/dev")
            let null = bundle.rootfs + "/dev/null"
            try #require(mknod(null, S_IFCHR | 0o666, 1 << 8 | 3) == 0)
            try bundle.link("/dev/other", to: "/proc/sys/kernel/core_pattern")
            bundle.unmount("/dev", "/dev/pts")
            let racer = try Racer(exchanging: null, with: bundle.rootfs + "/dev/other")
            try expectMasked(&bundle, rounds: Self.rounds, racer)
        }
    }

    @Test func `CVE-2025-31133: and while what is masked is itself exchanged`() throws {
        let target = { (bundle: AttackBundle) in bundle.canary.path }
        try withSwappedVolume(leadingTo: target) { bundle, racer in
            bundle.spec.linux?.maskedPaths = ["/vol/swap", "/vol/swap/file", "/vol/link"]
            bundle.spec.linux?.readonlyPaths = ["/vol/swap", "/vol/link"]
            for _ in 0..<Self.rounds {
                let outcome = try bundle.run("sh", "-c", "cat /vol/*/file /proc/self/mountinfo")
                #expect(!outcome.output.contains(Canary.secret))
            }
            try racer.expectRunning()
        }
    }

    @Test(arguments: ["/console", "/pts"])
    func `CVE-2025-52565: a terminal is shown nowhere but at the console`(swapped: String) throws {
        try AttackBundle.with { bundle in
            let volume = bundle.directory + "/devices"
            for path in ["", "/pts"] { try makeDirectory(volume + path, mode: 0o755) }
            try SmallFile.replace(volume + "/console", with: [])
            try AttackBundle.link(
                volume + "/other", to: swapped == "/pts" ? bundle.canary.path : "/proc/sys/kernel/core_pattern")
            // A link in the place of the slave, for whoever goes by its name.
            try AttackBundle.link(volume + "/pts/0", to: "/proc/sys/kernel/core_pattern")
            bundle.unmount("/dev", "/dev/pts")
            bundle.mount("/dev", type: "bind", source: volume, ["rbind", "rw"])
            bundle.mount("/dev/pts", type: "devpts", source: "devpts", ["newinstance", "ptmxmode=0666"])
            bundle.spec.process?.terminal = true
            bundle.spec.process?.args = [
                "sh", "-c", "cat /proc/self/mountinfo > /tmp/mounts; cat /dev/pts/file /dev/console > /tmp/read",
            ]
            let racer = try Racer(exchanging: volume + swapped, with: volume + "/other")
            let host = HostParameters()
            for _ in 0..<40 {
                guard try MountTargetTests.create(withTerminal: bundle).code == 0 else { continue }
                usleep(20_000)
                try bundle.delete()
                let mounts = (try? SmallFile.text(bundle.rootfs + "/tmp/mounts")) ?? ""
                for line in mounts.split(separator: "\n") where line.contains("core_pattern") {
                    Issue.record("the terminal is mounted elsewhere: \(line)")
                }
                // The file that was found may have got the other name since.
                let isInside = mounts.contains(" /dev/console ") || mounts.contains(" /dev/other ")
                #expect(mounts.isEmpty || isInside, "the terminal is not inside: \(mounts)")
                let read = (try? SmallFile.text(bundle.rootfs + "/tmp/read")) ?? ""
                #expect(!read.contains(Canary.secret))
                host.expectUnchanged()
            }
            try racer.expectRunning()
        }
    }
}
