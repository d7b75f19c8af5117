import Foundation
import TestKit
import Testing

/// `contrib/install`, below a directory that stands for the root: what it puts there, and what its removal leaves.
@Suite(.serialized, .timeLimit(.minutes(10))) struct InstallationTests {
    private static let checkout = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// Installs, or whatever else `arguments` say, what the tests were built with.
    private func install(below directory: String, _ arguments: String...) async throws -> ToolRun {
        let build = URL(fileURLWithPath: try Berthd.program("berthd")).deletingLastPathComponent().lastPathComponent
        let options = ["--destdir", directory] + (build == "debug" ? ["--debug"] : [])
        return try await RunningTool(Self.checkout + "/contrib/install", options + arguments)
            .ended(within: .seconds(300))
    }

    /// Every file, with its permissions, and every directory.
    private func tree(_ directory: String) throws -> [String: Int] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: directory)
        return try paths.reduce(into: [:]) { tree, path in
            let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/" + path)
            tree["/" + path] = attributes[.posixPermissions] as? Int
        }
    }

    @Test func `what is installed runs, is replaced by another installation, and is gone after the removal`()
        async throws
    {
        try await withScratchDirectory("install") { scratch in
            // With a directory that was there before, and has to stay.
            let root = scratch + "/root"
            try FileManager.default.createDirectory(atPath: root + "/etc", withIntermediateDirectories: true)
            let first = try await install(below: root, "--no-build")
            try #require(first.status == 0, "\(first.errors)")
            let installed = try tree(root)
            for program in ["berthd", "berthctl", "containerd-shim-berth-v1", "berth-runtime"] {
                #expect(installed["/usr/local/bin/" + program] == 0o755)
            }
            for file in [
                "/etc/berth/config.toml", "/usr/local/lib/systemd/system/berthd.service",
                "/usr/local/share/man/man8/berthd.8", "/usr/local/share/man/man1/berthctl.1",
                "/usr/local/share/man/man8/berth-runtime.8", "/usr/local/share/man/man8/containerd-shim-berth-v1.8",
                "/usr/local/share/man/man5/berthd.toml.5",
                "/usr/local/share/bash-completion/completions/berthctl",
                "/usr/local/share/zsh/site-functions/_berthctl",
                "/usr/local/share/fish/vendor_completions.d/berthctl.fish",
            ] {
                #expect(installed[file] == 0o644, "\(file)")
            }
            let configuration = try await ToolRun.output(
                root + "/usr/local/bin/berthd", ["--config", root + "/etc/berth/config.toml", "config", "dump"])
            #expect(configuration.contains("root = \"/var/lib/berth\""))

            let second = try await install(below: root, "--no-build")
            #expect(second.status == 0, "\(second.errors)")
            #expect(try tree(root) == installed)

            let removal = try await install(below: root, "--uninstall")
            #expect(removal.status == 0, "\(removal.errors)")
            #expect(removal.output == "uninstalled\n")
            #expect(try tree(root).keys.sorted() == ["/etc"])
        }
    }

    @Test func `a removal leaves what it did not install, and says so, until it is asked to purge`() async throws {
        try await withScratchDirectory("install") { root in
            let own = root + "/opt/berth/bin/mine"
            let first = try await install(below: root, "--no-build", "--prefix", "/opt/berth")
            try #require(first.status == 0, "\(first.errors)")
            let configuration = root + "/etc/berth/config.toml"
            try Data("[log]\nlevel = \"debug\"\n".utf8).write(to: URL(fileURLWithPath: configuration))
            try Data().write(to: URL(fileURLWithPath: own))
            let unit = try String(contentsOfFile: root + "/etc/systemd/system/berthd.service", encoding: .utf8)
            #expect(unit.contains("ExecStart=/opt/berth/bin/berthd\n"))

            let again = try await install(below: root, "--no-build", "--prefix", "/opt/berth")
            #expect(again.status == 0, "\(again.errors)")
            let removal = try await install(below: root, "--uninstall", "--prefix", "/opt/berth")
            #expect(removal.output == "uninstalled\nleft: \(configuration)\n")
            let left = try tree(root).keys.sorted()
            #expect(
                left == [
                    "/etc", "/etc/berth", "/etc/berth/config.toml", "/opt", "/opt/berth", "/opt/berth/bin",
                    "/opt/berth/bin/mine",
                ])

            let nothing = try await install(below: root, "--uninstall", "--purge", "--prefix", "/opt/berth")
            #expect(nothing.status == 1)
            #expect(nothing.errors.contains("nothing is installed"), "\(nothing.errors)")
            _ = try await install(below: root, "--no-build", "--prefix", "/opt/berth")
            let purge = try await install(below: root, "--uninstall", "--purge", "--prefix", "/opt/berth")
            #expect(purge.output == "uninstalled\n", "\(purge.errors)")
            #expect(try tree(root)["/etc/berth"] == nil)
        }
    }
}
