internal import Glibc
internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// Links of the image in place of whatever the runtime mounts on, makes or writes.
@Suite(.needsRoot) struct MountTargetTests {
    /// Ways to name the canary from inside an image that lies beside it.
    private static func aliases(_ bundle: AttackBundle, _ name: String = "") -> [String] {
        let path = bundle.canary.path + name
        return [path, "../canary" + name, "../../../../../../../.." + path, "/proc/1/root" + path, "/../../.." + path]
    }

    @Test func `CVE-2019-18837: a mount target that is a link stays in the root`() throws {
        try AttackBundle.with { bundle in
            let volume = bundle.directory + "/volume"
            try makeDirectory(volume, mode: 0o755)
            try SmallFile.replace(volume + "/file", with: [])
            var number = 0
            for (directory, file) in zip(Self.aliases(bundle), Self.aliases(bundle, "/file")) {
                number += 1
                try bundle.link("/d\(number)", to: directory)
                try bundle.link("/f\(number)", to: file)
            }
            let plain = bundle.spec.mounts
            let usual = try Self.mounts(bundle.run("cat", "/proc/self/mountinfo"))
            for index in 1...number {
                let attacks: [(String, String, String, [String])] = [
                    ("/d\(index)", "tmpfs", "tmpfs", []), ("/d\(index)/made/deep", "tmpfs", "tmpfs", []),
                    ("/d\(index)", "tmpfs", "tmpfs", ["tmpcopyup"]), ("/d\(index)", "bind", volume, ["rbind"]),
                    ("/d\(index)/made", "bind", volume, ["rbind"]), ("/f\(index)", "bind", volume + "/file", ["bind"]),
                    ("/d\(index)/made-file", "bind", volume + "/file", ["bind"]),
                    ("/d\(index)", "mqueue", "mqueue", []),
                    ("/d\(index)", "sysfs", "sysfs", ["ro"]), ("/d\(index)/cgroup", "cgroup", "cgroup", ["ro"]),
                    ("/d\(index)", "devpts", "devpts", ["newinstance"]),
                ]
                for (place, type, source, options) in attacks {
                    bundle.spec.mounts = plain
                    bundle.mount(place, type: type, source: source, options)
                    let outcome = try bundle.run("cat", place.hasPrefix("/f") ? place : place + "/file")
                    #expect(!outcome.output.contains(Canary.secret), "\(type) at \(place)")
                    // A mount that is not in the container is somewhere else.
                    let made = try Self.mounts(bundle.run("cat", "/proc/self/mountinfo"))
                    #expect(made == 0 || made > usual, "\(type) at \(place) is not inside")
                    bundle.canary.expectUntouched("\(type) at \(place)")
                }
            }
        }
    }

    /// How many there are in a container; none where it did not come to be.
    private static func mounts(_ outcome: Outcome) -> Int {
        outcome.code == 0 ? outcome.output.split(separator: "\n").count : 0
    }

    @Test func `CVE-2019-18837: nor do the kernel's own mounts follow one`() throws {
        for name in ["/dev", "/dev/pts", "/sys", "/proc"] {
            try AttackBundle.with { bundle in
                if name == "/dev/pts" {
                    try bundle.makeDirectories("/dev")
                    bundle.unmount("/dev")
                }
                try bundle.link(name, to: bundle.canary.path)
                _ = try bundle.run("ls", "/dev")
                bundle.canary.expectUntouched(name)
            }
        }
    }

    @Test func `CVE-2026-41579, CVE-2026-47766: nothing is made where an image's dev leads`() throws {
        for hasMount in [true, false] {
            for index in 0..<5 {
                try AttackBundle.with { bundle in
                    if !hasMount { bundle.unmount("/dev", "/dev/pts") }
                    try bundle.link("/dev", to: Self.aliases(bundle)[index])
                    bundle.spec.linux?.devices = [LinuxDevice(path: "/dev/own", type: .character, major: 1, minor: 3)]
                    _ = try bundle.run("ls", "/dev")
                }
            }
        }
    }

    @Test func `CVE-2026-88264, CVE-2026-88265: without a mount at dev, neither console nor null follows a link`()
        throws
    {
        for isReadOnly in [false, true] {
            for name in ["/null", "/console", "/zero", "/tty", "/ptmx", "/fd", "/stdin", "/pts/ptmx"] {
                try AttackBundle.with { bundle in
                    bundle.unmount("/dev", "/dev/pts")
                    bundle.spec.root?.readonly = isReadOnly
                    try bundle.makeDirectories("/dev", "/dev/pts")
                    try bundle.link("/dev" + name, to: bundle.canary.path + "/file")
                    _ = try bundle.run("sh", "-c", "echo x > /dev/null")
                    bundle.spec.process?.terminal = true
                    bundle.mount("/dev/pts", type: "devpts", source: "devpts", ["newinstance", "ptmxmode=0666"])
                    _ = try Self.create(withTerminal: bundle)
                    bundle.canary.expectUntouched("\(name), read-only: \(isReadOnly)")
                }
            }
        }
    }

    /// Creates, starts and removes a container whose terminal goes to a socket of ours; answers what creating it said.
    static func create(withTerminal bundle: AttackBundle) throws -> Outcome {
        try bundle.writeSpec()
        let path = bundle.directory + "/console.sock"
        unlink(path)
        let listener = try UnixSocket.listen(path: path)
        defer { withExtendedLifetime(listener.rawValue) {} }
        let outcome = try bundle.runtime([
            "create", "--bundle", bundle.directory, "--console-socket", path, bundle.id,
        ])
        if outcome.code == 0 { _ = try bundle.runtime(["start", bundle.id]) }
        return outcome
    }

    @Test func `CVE-2025-24965: no file that the runtime writes escapes`() throws {
        // Everything below the root that a runtime makes, or has been known to write.
        let files = [
            "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/console",
            "/dev/ptmx",
            "/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/own", "/dev/fuse", "/etc/passwd", "/etc/group",
            "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/etc/mtab", "/.krun_config.json", "/.dockerenv",
            "/.containerenv",
            "/run/.containerenv", "/run/notify", "/made", "/cwd", "/tmp/cwd",
        ]
        for (file, content) in [("file", true), ("new", false)] {
            try AttackBundle.with { bundle in
                bundle.unmount("/dev", "/dev/pts")
                try bundle.makeDirectories("/dev", "/run")
                for path in files {
                    try bundle.link(path, to: content ? bundle.canary.path + "/" + file : "../../canary/" + file)
                }
                bundle.spec.linux?.devices = [
                    LinuxDevice(path: "/dev/own", type: .character, major: 1, minor: 3),
                    LinuxDevice(path: "/made/deep/null", type: .character, major: 1, minor: 3),
                    LinuxDevice(path: "/dev/fuse", type: .character, major: 10, minor: 229),
                ]
                for cwd in ["/", "/cwd", "/cwd/deeper", "/tmp/cwd/a/b"] {
                    bundle.spec.process?.cwd = cwd
                    _ = try bundle.run("true")
                    bundle.canary.expectUntouched("working directory \(cwd)")
                }
                // The same with the devices out of the way, so that what follows them is reached.
                for path in files where path.hasPrefix("/dev/") { unlink(bundle.rootfs + path) }
                bundle.spec.linux?.devices = []
                bundle.spec.process?.cwd = "/cwd/deeper"
                _ = try bundle.run("true")
            }
        }
    }

    @Test func `CVE-2024-45310: a working directory that is missing is made nowhere else`() throws {
        try AttackBundle.with { bundle in
            for (index, alias) in Self.aliases(bundle).enumerated() {
                try bundle.link("/cwd\(index)", to: alias)
                bundle.spec.process?.cwd = "/cwd\(index)/made/by/the/runtime"
                let outcome = try bundle.run()
                bundle.canary.expectUntouched("\(alias)")
                guard outcome.code == 0 else { continue }
                #expect(try AttackBundle.observation(outcome).cwd.hasSuffix("/made/by/the/runtime"))
            }
        }
    }
}
