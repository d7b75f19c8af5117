import Foundation
import TestKit
import Testing

/// berthd as a process: how it starts, refuses to start, and ends.
@Suite(.needsRoot) struct LifeTests {
    private func refusal(_ arguments: [String]) async throws -> ToolRun {
        try await ToolRun.run(try Berthd.program("berthd"), arguments)
    }

    @Test func `directories and sockets are closed to others`() async throws {
        try await withBerthd { berthd async throws in
            func mode(_ path: String) throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            }
            #expect(try mode(berthd.root) == 0o700)
            #expect(try mode(berthd.state) == 0o711)
            #expect(try mode(berthd.address) == 0o660)
            #expect(try mode(berthd.address + ".ttrpc") == 0o600)
        }
    }

    @Test func `nobody but root sees below root and state`() async throws {
        try await withBerthd { berthd async throws in
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: berthd.directory)
            for directory in [berthd.root, berthd.state] {
                let find = try await ToolRun.run(
                    "/usr/bin/setpriv",
                    ["--reuid=65534", "--regid=65534", "--clear-groups", "find", directory, "-mindepth", "1"])
                #expect(find.errors.contains("Permission denied"))
                #expect(find.output == "")
            }
        }
    }

    @Test func `a second berthd on the same directories is refused by name and pid`() async throws {
        try await withBerthd { berthd async throws in
            let second = try await refusal(Berthd.arguments(berthd.directory))
            #expect(second.status == 1)
            #expect(
                second.errors == """
                    berthd: data directory "\(berthd.root)": in use by process \(berthd.pid): stop that berthd or choose \
                    another with --root

                    """)
            #expect(try await berthd.ctr("version").status == 0)
        }
    }

    @Test func `a second berthd on the same socket is refused by name and pid`() async throws {
        try await withBerthd { berthd async throws in
            let other = berthd.directory + "/other"
            let second = try await refusal([
                "--root", other + "/root", "--state", other + "/state", "--address", berthd.address,
            ])
            #expect(second.status == 1)
            #expect(
                second.errors == """
                    berthd: socket "\(berthd.address)": in use by process \(berthd.pid): stop it or choose another with \
                    --address

                    """)
            #expect(try await berthd.ctr("version").status == 0)
        }
    }

    @Test func `a socket that a killed berthd left is replaced`() async throws {
        try await withBerthd { berthd async throws in
            try await berthd.restart()
            #expect(try await berthd.ctr("version").status == 0)
        }
    }

    @Test func `a file that is no socket is not replaced`() async throws {
        try await withScratchDirectory("daemon") { directory in
            try Data("precious".utf8).write(to: URL(fileURLWithPath: directory + "/b.sock"))
            let run = try await refusal(Berthd.arguments(directory))
            #expect(run.status == 1)
            #expect(run.errors.contains("a file that is no socket is in its place"))
            #expect(try String(contentsOfFile: directory + "/b.sock", encoding: .utf8) == "precious")
        }
    }

    @Test func `a data directory that cannot be written is refused by name`() async throws {
        let run = try await refusal([
            "--root", "/proc/berth", "--state", "/proc/state", "--address", "/tmp/berth-none.sock",
        ])
        #expect(run.status == 1)
        #expect(run.errors.hasPrefix("berthd: data directory \"/proc/berth\": not writable: "))
    }

    @Test func `a data directory on a read-only file system is refused by name, and left as it is`() async throws {
        try await withScratchDirectory("daemon") { directory in
            let root = directory + "/root"
            try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
            try await withSmallDisk(at: root, bytes: 8 << 20) {
                try await Berthd.start(in: directory).stop()
                try #require(mount("", root, "", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0)
                let before = try FileManager.default.contentsOfDirectory(atPath: root)
                let run = try await refusal(Berthd.arguments(directory))
                #expect(run.status == 1)
                #expect(run.errors.hasPrefix("berthd: data directory \"\(root)\": not writable: "), "\(run.errors)")
                #expect(!FileManager.default.fileExists(atPath: directory + "/b.sock"))
                #expect(try FileManager.default.contentsOfDirectory(atPath: root) == before)
            }
        }
    }

    @Test func `SIGTERM ends it, with the socket gone and a status of 0`() async throws {
        try await withScratchDirectory("daemon") { directory in
            let berthd = try await Berthd.start(in: directory)
            let end = try await berthd.stop()
            #expect(end.status == 0)
            #expect(!FileManager.default.fileExists(atPath: berthd.address))
        }
    }

    @Test func `SIGTERM ends it although a client waits for events`() async throws {
        try await withScratchDirectory("daemon") { directory in
            let berthd = try await Berthd.start(in: directory)
            let events = try RunningTool("/usr/bin/ctr", ["--address", berthd.address, "events"])
            defer { events.signal(SIGKILL) }
            #expect(try await berthd.stop().status == 0)
        }
    }

    @Test func `SIGUSR1 writes the state to the log`() async throws {
        try await withBerthd { berthd async throws in
            #expect(try await berthd.ctr("leases", "create", "--id", "held").status == 0)
            berthd.signal(SIGUSR1)
            try await expectEventually { berthd.log.contains("state ends") }
            #expect(berthd.log.contains("msg=\"lease\" id=held namespace=default"))
        }
    }

    @Test func `the server's id survives a restart`() async throws {
        try await withBerthd { berthd async throws in
            func uuid() async throws -> String? {
                try await berthd.ctr("version").lines.first { $0.contains("UUID") }
            }
            let before = try await uuid()
            try await berthd.restart()
            #expect(before != nil)
            #expect(try await uuid() == before)
        }
    }

    @Test func `an unknown key in the configuration is refused with the file's name`() async throws {
        try await withScratchDirectory("daemon") { directory in
            let file = directory + "/config.toml"
            try Data("rooot = \"/x\"\n".utf8).write(to: URL(fileURLWithPath: file))
            let run = try await refusal(["--config", file])
            #expect(run.status == 1)
            #expect(run.errors.hasPrefix("berthd: \(file): unknown key \"rooot\""))
        }
    }

    @Test func `the service manager is told when it serves`() async throws {
        try await withScratchDirectory("daemon") { directory in
            let path = directory + "/notify"
            let manager = try ServiceManager(path: path)
            let tool = try RunningTool(
                try Berthd.program("berthd"), Berthd.arguments(directory), environment: ["NOTIFY_SOCKET": path])
            try await expectEventually { manager.next() == "READY=1" }
            tool.signal(SIGTERM)
            try await expectEventually { manager.next() == "STOPPING=1" }
            #expect(try await tool.ended().status == 0)
        }
    }
}
