internal import Glibc
internal import Kernel
internal import TestKit
internal import Testing

/// What the supervisor keeps on the host, as others there see it.
@Suite(.needsRoot) struct StateDirectoryTests {
    private static let nobody = ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]

    @Test func `CVE-2021-41103, CVE-2024-25621, CVE-2021-41091: other users see nothing of root and state`() throws {
        try AttackDaemon.with { daemon in
            // The way there is open to all, as to /run and /var/lib.
            try #require(chmod(daemon.directory, 0o755) == 0)
            let image = try daemon.loaded(AttackImage(layers: [try AttackImage.base()]))
            try #require(try daemon.berthctl("run", "-d", "--name", "c", image, "sleep", "1000").code == 0)
            let list = daemon.directory + "/list"
            let everything = "find \(daemon.root) \(daemon.state) -mindepth 1 -print0 > \(list)"
            try #require(try Outcome.of(["/bin/sh", "-c", everything], in: daemon.directory).code == 0)
            try #require(chmod(list, 0o644) == 0)
            let paths = try SmallFile.read(list, limit: 64 << 20).split(separator: 0).count
            #expect(paths > 30, "what should be hidden was not found")
            let look = #"for f; do if [ -r "$f" ] || [ -w "$f" ] || [ -d "$f" -a -x "$f" ]; then echo "$f"; fi; done"#
            let seen = try Outcome.of(
                Self.nobody + ["/usr/bin/xargs", "-0", "-a", list, "/bin/sh", "-c", look, "sh"], in: daemon.directory)
            #expect(seen.code == 0 && seen.output == "", "\(seen.output.prefix(2000)) \(seen.errors.prefix(500))")
            for directory in [daemon.root, daemon.state] {
                let listing = try Outcome.of(Self.nobody + ["/bin/ls", directory], in: daemon.directory)
                #expect(listing.code != 0 && listing.output == "", "\(listing.output)")
            }
            let client = try Outcome.of(
                Self.nobody + [
                    try BuiltProgram.path("berthctl"), "ps", "--address", daemon.address, "--namespace",
                    daemon.namespace,
                ], in: daemon.directory)
            #expect(client.code != 0 && client.output == "", "\(client.output)")
        }
    }

    @Test func `CVE-2020-15257: no socket of a shim is reached through the network namespace`() throws {
        try AttackDaemon.with { daemon in
            let image = try daemon.loaded(AttackImage(layers: [try AttackImage.base()]))
            try #require(try daemon.berthctl("run", "-d", "--name", "c", image, "sleep", "1000").code == 0)
            // Lines of sockets with a name end in it; an abstract one begins with an @. See proc_net_unix(5).
            let seen = try daemon.berthctl("run", "--rm", "--net", "host", image, "cat", "/proc/net/unix")
            let names = seen.output.split(separator: "\n").compactMap { $0.split(separator: " ").dropFirst(7).first }
            #expect(names.contains { $0.hasPrefix(daemon.directory) }, "the sockets' list is empty")
            let abstract = names.filter { $0.hasPrefix("@") }
            for word in ["shim", "berth", "containerd", daemon.namespace] {
                #expect(!abstract.contains { $0.contains(word) }, "\(abstract)")
            }
            let sockets = try Directory.entries(daemon.state + "/s").map { daemon.state + "/s/" + $0.name }
            #expect(!sockets.isEmpty)
            for socket in sockets {
                var status = stat()
                #expect(lstat(socket, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK)
                #expect(status.st_mode & 0o777 == 0o600 && status.st_uid == 0, "\(socket)")
            }
        }
    }

    @Test(arguments: ["../../canary", "..", "a/../../canary/x", "/canary", "a\nb", ""])
    func `CVE-2025-0750: a name that is a path is refused`(name: String) throws {
        try AttackDaemon.with { daemon in
            let image = try daemon.loaded(AttackImage(layers: [try AttackImage.base()]))
            #expect(try daemon.berthctl("run", "-d", "--name", name, image, "true").code == 125)
            for verb in ["logs", "stop", "rm"] {
                #expect(try daemon.berthctl(verb, name).code == 125, "\(verb)")
            }
            let elsewhere = try Outcome.of(
                [
                    try BuiltProgram.path("berthctl"), "run", "--address", daemon.address, "--namespace", name, "-d",
                    image, "true",
                ], in: daemon.directory)
            #expect(elsewhere.code == 125, "\(elsewhere.output)")
            #expect(try daemon.berthctl("ps", "-a").output.split(separator: "\n").count == 1)
        }
    }

    @Test func `CVE-2021-43816: what of the host is mounted keeps its labels`() throws {
        try AttackDaemon.with { daemon in
            let image = try daemon.loaded(AttackImage(layers: [try AttackImage.base()]))
            let run = try daemon.berthctl(
                "run", "--rm", "-v", daemon.canary.path + ":/etc/mounted:ro", "-v", daemon.canary.path + ":/mounted:ro",
                image, "cat", "/etc/mounted/file")
            #expect(run.code == 0 && run.output == Canary.secret, "\(run.errors)")
        }
    }
}
