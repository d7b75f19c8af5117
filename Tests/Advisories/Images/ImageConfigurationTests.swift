internal import Glibc
internal import Kernel
internal import TestKit
internal import Testing

/// Images that ask for more than a program and its surroundings.
@Suite(.needsRoot) struct ImageConfigurationTests {
    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    }

    @Test(arguments: ["2147483648", "4294967295", "4294967296", "99999999999999999999", "1000:4294967296", "-1"])
    func `CVE-2024-40635, CVE-2026-46680: a user's number that is too large is neither root nor a name`(
        user: String
    ) throws {
        try AttackDaemon.with { daemon in
            let name = user.split(separator: ":").last ?? ""
            let base = try AttackImage.base { tar in
                tar.add("etc/passwd", Array("root:x:0:0::/:/bin/sh\n\(name):x:0:0::/:/bin/sh\n".utf8))
                tar.add("etc/group", Array("root:x:0:\n\(name):x:0:\n".utf8))
            }
            var image = AttackImage(layers: [base])
            image.config = #""Cmd":["id"],"Env":["PATH=/bin"],"User":"# + Self.quoted(user)
            let named = try daemon.loaded(image)
            for run in [
                try daemon.berthctl("run", "--rm", named, "id"),
                try daemon.berthctl("run", "--rm", "--user", user, named, "id"),
            ] {
                // A name may be any text but a number; this one's entry says that it is root.
                if user == "-1" {
                    #expect(run.code == 0 || run.code == 64, "\(run.errors)")
                } else {
                    #expect(run.code == 125 && run.output == "", "\(run.output)")
                    #expect(run.errors.contains(user), "\(run.errors)")
                }
            }
        }
    }

    @Test func `CVE-2022-23648: a volume's path brings nothing of the host`() throws {
        try AttackDaemon.with { daemon in
            let paths = ["/../../../../../.." + daemon.canary.path, daemon.canary.path, "/data/../../.." + daemon.root]
            var image = AttackImage(layers: [try AttackImage.base()])
            image.config += #","Volumes":{"# + paths.map { Self.quoted($0) + ":{}" }.joined(separator: ",") + "}"
            let named = try daemon.loaded(image)
            let script = "cat " + paths.map { "'\($0)/file'" }.joined(separator: " ") + "; ls '\(daemon.root)'"
            let run = try daemon.berthctl("run", "--rm", named, "sh", "-c", script)
            #expect(run.code != 125, "\(run.errors)")
            #expect(!run.output.contains(Canary.secret) && !run.output.contains("metadata.db"), "\(run.output)")
        }
    }

    @Test func `CVE-2026-53488: an image's labels control nothing`() throws {
        try AttackDaemon.with { daemon in
            let mark = daemon.directory + "/ran"
            let program = daemon.directory + "/program"
            try SmallFile.replace(program, with: Array("#!/bin/sh\necho \"$@\" > \(mark)\n".utf8), mode: 0o755)
            let labels = [
                "io.berth/log-path": "binary://\(program)", "containerd.io/restart.loguri": "binary://\(program)",
                "containerd.io/restart.logpath": "binary://\(program)", "containerd.io/gc.root": "now",
                "io.containerd.image.config.stop-signal": "KILL", "containerd.io/restart.status": "running",
            ]
            let list = labels.map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }.joined(separator: ",")
            var image = AttackImage(layers: [try AttackImage.base()])
            image.config += #","Labels":{\#(list)}"#
            image.changeManifest = { $0.dropLast() + #","annotations":{\#(list)}}"# }
            let named = try daemon.loaded(image)
            let images = try daemon.berthctl("images", "--json").output
            for key in labels.keys { #expect(!images.contains(key), "\(images)") }
            let run = try daemon.berthctl("run", "-d", "--name", "c", named, "sh", "-c", "echo printed; sleep 1000")
            #expect(run.code == 0, "\(run.errors)")
            let container = try daemon.berthctl("inspect", "c").output
            #expect(!container.contains(program) && !container.contains("containerd.io/gc.root"), "\(container)")
            #expect(container.contains("SIGTERM"), "\(container)")
            #expect(try daemon.berthctl("stop", "--time", "1", "c").code == 0)
            #expect(try daemon.berthctl("logs", "c").output == "printed\n")
            #expect(access(mark, F_OK) != 0, "a program that the image named was run on the host")
        }
    }

    @Test func `CVE-2023-6476, CVE-2024-3154: an image's annotations change no confinement`() throws {
        try AttackDaemon.with { daemon in
            let annotations = [
                "org.systemd.property.ExecStartPre": "['/bin/touch', '\(daemon.canary.path)/x']",
                "run.oci.keep_original_groups": "1", "run.oci.handler": "krun", "io.kubernetes.cri.sandbox-id": "other",
                "io.kubernetes.cri-o.userns-mode": "auto", "io.kubernetes.cri-o.UnifiedCgroup": "memory.max=max",
            ]
            let list = annotations.map { "\(Self.quoted($0.key)):\(Self.quoted($0.value))" }.joined(separator: ",")
            var image = AttackImage(layers: [try AttackImage.base()])
            image.config += #","Labels":{\#(list)}"#
            image.changeManifest = { $0.dropLast() + #","annotations":{\#(list)}}"# }
            image.changeIndex = {
                $0.replacing(#""annotations":{"#, with: #""annotations":{\#(list),"#)
            }
            let named = try daemon.loaded(image)
            try #require(try daemon.berthctl("run", "-d", "--name", "c", "-m", "64m", named, "sleep", "1000").code == 0)
            let container = try daemon.berthctl("inspect", "c").output
            for key in annotations.keys { #expect(!container.contains(key), "\(key): \(container)") }
            // Each in a group of its own, below the namespace's.
            let cgroups = try daemon.berthctl("exec", "c", "cat", "/proc/self/cgroup")
            let host = try SmallFile.text("/proc/self/cgroup")
            #expect(cgroups.code == 0 && cgroups.output != host, "\(cgroups.output)")
        }
    }

    @Test func `CVE-2024-5154: directories of an image that are links to the host get no files there`() throws {
        try AttackDaemon.with { daemon in
            var tar = AttackTar()
            for name in ["etc", "tmp", "root"] { tar.add(link: name, to: daemon.canary.path) }
            let image = AttackImage(layers: [try AttackImage.base(), tar.archive])
            let named = try daemon.loaded(image)
            for options in [[], ["--hostname", "h"], ["--read-only"], ["-w", "/root"], ["--user", "daemon"]] {
                _ = try daemon.berthctl("run", ["--rm"] + options + [named, "sh", "-c", "echo x > /etc/x"])
            }
            let run = try daemon.berthctl("run", "--rm", named, "cat", "/etc/file")
            #expect(!run.output.contains(Canary.secret), "\(run.output)")
        }
    }

    @Test func `CVE-2022-4318, CVE-2026-15809: a home with a line's end in it adds no user`() throws {
        try AttackDaemon.with { daemon in
            let passwd = "root:x:0:0::/root:/bin/sh\n"
            let home = "HOME=/root\nevil:x:0:0::/:/bin/sh"
            var image = AttackImage(layers: [try AttackImage.base { $0.add("etc/passwd", Array(passwd.utf8)) }])
            image.config = #""Cmd":["sh"],"Env":["PATH=/bin",\#(Self.quoted(home))]"#
            let named = try daemon.loaded(image)
            for run in [
                try daemon.berthctl("run", "--rm", named, "cat", "/etc/passwd"),
                try daemon.berthctl("run", "--rm", "-e", home, "--user", "root", named, "cat", "/etc/passwd"),
            ] {
                #expect(run.code == 0 ? run.output == passwd : run.code == 125, "\(run.output) \(run.errors)")
            }
            #expect(try daemon.berthctl("run", "--rm", "--user", "evil", named, "true").code == 125)
        }
    }

    @Test func `GHSA-7ww5-4wqc-m92c: energy counters cannot be read`() throws {
        try AttackDaemon.with { daemon in
            let image = try daemon.loaded(AttackImage(layers: [try AttackImage.base()]))
            let powercap = "/sys/devices/virtual/powercap"
            // Machines without the counters show the same as those where they are hidden: what is asked for is seen too.
            try #require(try daemon.berthctl("run", "-d", "--name", "c", image, "sleep", "1000").code == 0)
            #expect(try daemon.berthctl("inspect", "c").output.contains(powercap))
            let found = try daemon.berthctl("exec", "c", "find", "/sys/devices/virtual", "-name", "energy_uj")
            #expect(found.output == "", "\(found.output)")
            let listing = try daemon.berthctl("exec", "c", "ls", "-A", powercap)
            #expect(listing.output == "", "\(listing.output)")
        }
    }

    @Test func `CVE-2021-21334: environments of containers that are made at once do not mix`() throws {
        try AttackDaemon.with { daemon in
            var image = AttackImage(layers: [try AttackImage.base()])
            image.config = #""Cmd":["sh"],"Env":["PATH=/bin","SHARED=image"]"#
            let named = try daemon.loaded(image)
            let client = "\(try BuiltProgram.path("berthctl")) run --address \(daemon.address) -n \(daemon.namespace)"
            let script = """
                for round in 1 2 3 4 5; do
                    for n in 1 2 3 4 5 6; do
                        \(client) --rm -e MINE$round$n=mine -e OWN=$round$n \(named) \
                            sh -c 'echo $OWN $(env | grep -c ^MINE) $(env | grep "^MINE$OWN=")' &
                    done
                    wait
                done
                """
            let runs = try Outcome.of(["/bin/sh", "-c", script], in: daemon.directory)
            let lines = Set(runs.output.split(separator: "\n").map(String.init))
            let expected = Set((1...5).flatMap { round in (1...6).map { "\(round)\($0) 1 MINE\(round)\($0)=mine" } })
            #expect(lines == expected, "\(lines.symmetricDifference(expected)) \(runs.errors)")
        }
    }

    @Test func `sizes whose sum no number holds are shown all the same`() throws {
        try AttackDaemon.with { daemon in
            var tar = AttackTar()
            tar.add("more", Array("x".utf8))
            var image = AttackImage(layers: [try AttackImage.base(), tar.archive])
            image.changeManifest = { text in
                let parts = text.split(separator: #""layers""#, maxSplits: 1)
                let layers = parts[1].split(separator: #""size":"#, omittingEmptySubsequences: false)
                    .map { $0.drop { $0.isNumber } }.joined(separator: #""size":9223372036854775807"#)
                return parts[0] + #""layers""# + layers
            }
            let named = try daemon.loaded(image)
            let shown = try daemon.berthctl("inspect", named)
            #expect(shown.code == 0 && shown.output.contains("9223372036854775807"), "\(shown.errors)")
        }
    }
}
