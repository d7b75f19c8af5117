import Daemon
import Model
import Testing

struct ConfigurationTests {
    private func message(_ text: String) -> String? {
        do {
            _ = try Configuration(parsing: text, from: "config.toml")
            return nil
        } catch {
            return error.message
        }
    }

    @Test func `an empty file gives the defaults`() throws {
        #expect(try Configuration(parsing: "", from: "config.toml") == Configuration())
    }

    @Test func `the default document reads back as the defaults`() throws {
        for comments in [true, false] {
            let text = Configuration().document(comments: comments)
            #expect(try Configuration(parsing: text, from: "default") == Configuration())
        }
    }

    @Test func `a dump reads back as what was dumped`() throws {
        var configuration = Configuration()
        configuration.root = "/srv/a \"b\" \\ é"
        configuration.grpc.gid = 999
        configuration.tasks.replacedRuntimes = ["a", "b"]
        configuration.log.level = "debug"
        #expect(try Configuration(parsing: configuration.document(comments: true), from: "dump") == configuration)
    }

    @Test func `keys are set in their tables`() throws {
        let configuration = try Configuration(
            parsing: "root = \"/data\"\n[grpc]\naddress = \"/tmp/x.sock\"\ngid = 5\n", from: "config.toml")
        #expect(configuration.root == "/data")
        #expect(configuration.grpc.address == "/tmp/x.sock")
        #expect(configuration.grpc.gid == 5)
        #expect(configuration.shimAddress == "/tmp/x.sock.ttrpc")
    }

    @Test func `an unknown key is refused by name, with those that are known`() {
        #expect(
            message("rooot = \"/data\"") == """
                config.toml: unknown key "rooot" (known: root, state, grpc, log, snapshots, tasks, ttrpc)
                """)
        #expect(
            message("[grpc]\nadress = \"/x\"") == """
                config.toml: unknown key "grpc.adress" (known: address, uid, gid, max_message_size)
                """)
    }

    @Test func `a value of the wrong kind is refused`() {
        #expect(message("root = 5") == "config.toml: \"root\": expected a string, found a number")
        #expect(message("[grpc]\ngid = \"x\"") == "config.toml: \"grpc.gid\": expected a whole number, found a string")
        #expect(message("grpc = 1") == "config.toml: \"grpc\": expected a table, found a number")
        #expect(
            message("[tasks]\nreplaced_runtimes = [1]") == """
                config.toml: "tasks.replaced_runtimes": expected strings, found a number
                """)
    }

    @Test func `a syntax error names line and column`() throws {
        let text = try #require(message("root = \"/data\"\n[grpc\n"))
        #expect(text.hasPrefix("config.toml:2:"))
    }

    @Test func `values that could not work are refused`() {
        #expect(message("root = \"data\"") == "config.toml: root \"data\": expected an absolute path")
        #expect(
            message("[log]\nlevel = \"loud\"") == """
                config.toml: log level "loud": expected trace, debug, info, warn or error
                """)
        #expect(message("[grpc]\ngid = -1") == "config.toml: \"grpc.gid\": -1 is not from 0 to 4294967294")
        let long = "/" + String(repeating: "x", count: 104)
        #expect(message("[grpc]\naddress = \"\(long)\"")?.contains("at most 107 bytes") == true)
    }

    @Test func `a file that must exist and does not is named`() {
        let failure = #expect(throws: Failure.self) {
            try Configuration.load(from: "/nonexistent/berth.toml", required: true)
        }
        #expect(failure?.code == .notFound)
        #expect(failure?.message == "configuration \"/nonexistent/berth.toml\": no such file or directory")
    }

    @Test func `a file that need not exist gives the defaults`() throws {
        #expect(try Configuration.load(from: "/nonexistent/berth.toml", required: false) == Configuration())
    }
}
