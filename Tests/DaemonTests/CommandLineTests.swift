import Foundation
import TestKit
import Testing

/// What the programs say to a person: their help, and what is wrong with arguments that cannot be.
@Suite(.needsRoot, .serialized, .timeLimit(.minutes(5))) struct CommandLineTests {
    private func run(_ words: [String]) async throws -> ToolRun {
        try await ToolRun.run(try Berthd.program(words[0]), Array(words.dropFirst()))
    }

    @Test(arguments: [
        (["berthctl", "frob"], 64, "Unexpected argument 'frob'"),
        (["berthctl", "run"], 64, "'<image>'"),
        (["berthctl", "exec", "c1"], 64, "'<command> ...'"),
        (["berthctl", "stop", "--time", "soon", "c1"], 64, "'soon' is invalid for '--time"),
        (["berthctl", "ps", "--address", "/nowhere"], 125, "socket \"/nowhere\": is berthd running"),
        (["berthctl", "run", "-it", "-d", "demo"], 125, "exclude each other"),
        (["berthctl", "kill", "-s", "FROB", "c1"], 125, "signal \"FROB\": unknown"),
        (["berthctl", "kill", "-s", "RTMIN+31", "c1"], 125, "signal \"RTMIN+31\": unknown"),
        (["berthctl", "kill", "-s", "SIGRTMIN+3", "-A", "/nowhere", "c1"], 125, "is berthd running"),
        (["berthctl", "kill", "-s", "rtmax-30", "-A", "/nowhere", "c1"], 125, "is berthd running"),
        (["berthctl", "pull", "--platform", "x", "demo"], 125, "platform \"x\": expected OS/ARCHITECTURE"),
        (["berthctl", "kill", "c1\u{1B}[31m", "-A", "/\u{1B}[2J"], 125, "\\u{1b}[2J"),
        (["berthd", "frob"], 64, "Unexpected argument 'frob'"),
        (["berthd", "--log-level", "loud"], 1, "log level \"loud\": expected trace, debug"),
        (["berthd", "--address", "near"], 1, "grpc.address \"near\": expected an absolute path"),
        (["berthd", "--config", "/nowhere.toml"], 1, "configuration \"/nowhere.toml\""),
        (["berth-runtime", "frob"], 3, "frob"),
        (["berth-runtime", "create"], 1, "create: expected exactly 1 argument, found 0"),
        (["berth-runtime", "update", "--memory", "lots", "c1"], 1, "lots"),
        (["berth-runtime", "kill", "c1", "FROB"], 1, "unknown signal \"FROB\""),
        (["berth-runtime", "state", "c1"], 1, "container \"c1\""),
        (["containerd-shim-berth-v1", "-wings", "2"], 2, "unknown flag \"-wings\""),
        (["containerd-shim-berth-v1", "-id"], 2, "flag \"-id\": expected a value"),
    ])
    func `arguments that cannot be are named, and what was expected`(
        _ words: [String], _ status: Int32, _ message: String
    ) async throws {
        let run = try await run(words)
        #expect(run.status == status)
        // Some put it into a line of a log, quoted.
        #expect(run.errors.replacing("\\\"", with: "\"").contains(message), "\(run.errors)")
    }

    @Test func `every command's help has examples`() async throws {
        for program in ["berthctl", "berthd"] {
            let dump = try await ToolRun.output(try Berthd.program(program), ["--experimental-dump-help"])
            let tree = try #require(try JSONSerialization.jsonObject(with: Data(dump.utf8)) as? [String: Any])
            for path in commands(of: try #require(tree["command"] as? [String: Any]), [program]) {
                let help = try await run(path + ["--help"])
                #expect(help.status == 0 && help.output.lowercased().contains("\nexamples"), "\(path)")
                #expect(help.output.contains("\n  " + path.joined(separator: " ")), "\(path)")
            }
        }
        let list = try await run(["berth-runtime", "--help"]).output.split(separator: "\n\n")
        let names = try #require(list.first { $0.hasPrefix("Commands:") }).split(separator: "\n").dropFirst()
            .compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(names.contains("create"))
        for name in names {
            let help = try await run(["berth-runtime", "help", name])
            #expect(help.output.contains("\nExamples:\n  berth-runtime \(name)"), "\(name)")
        }
        #expect(try await run(["containerd-shim-berth-v1", "-help"]).output.contains("Example:"))
    }

    /// Every command without commands of its own.
    private func commands(of command: [String: Any], _ path: [String]) -> [[String]] {
        let children = (command["subcommands"] as? [[String: Any]] ?? []).compactMap { child in
            (child["commandName"] as? String).map { (child, path + [$0]) }
        }.filter { $0.1.last != "help" }
        return children.isEmpty ? [path] : children.flatMap { commands(of: $0.0, $0.1) }
    }

    @Test func `the options of every verb may stand before it`() async throws {
        try await withTenant { tenant async throws in
            let image = try await tenant.image()
            let options = ["-n", tenant.namespace, "--address=\(tenant.berthd.address)"]
            let images = try await run(["berthctl"] + options + ["images"])
            #expect(images.output.contains(image), "\(images.errors)")
            let echo = try await run(["berthctl"] + options + ["run", "--rm", image, "echo", "-n", "hello"])
            #expect(echo.output == "hello", "\(echo.errors)")
            let wrong = try await run(["berthctl", "-n", tenant.namespace])
            #expect(wrong.status == 64)
        }
    }

    @Test func `names that would change a terminal are written out`() async throws {
        try await withTenant { tenant async throws in
            let image = try await tenant.image()
            let name = "example.com/\u{1B}]0;title\u{07}:1"
            #expect(try await tenant.ctr("images", "tag", image, name).status == 0)
            let images = try await tenant.berthctl("images").output
            #expect(images.contains("example.com/\\u{1b}]0;title\\u{7}:1"), "\(images)")
            #expect(!images.contains("\u{1B}"))
            // Programs get it as it is.
            let document = try await tenant.berthctl("images", "--json").output
            let list = try JSONSerialization.jsonObject(with: Data(document.utf8)) as? [[String: Any]]
            #expect(list?.contains { $0["name"] as? String == name } == true)
        }
    }
}
