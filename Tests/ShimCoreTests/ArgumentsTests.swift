import Testing

@testable import ShimCore

@Suite struct ArgumentsTests {
    @Test func `containerd's command line is understood`() throws {
        let arguments = try Arguments([
            "-namespace", "default", "-address", "/run/containerd/containerd.sock", "-publish-binary",
            "/usr/bin/containerd", "-id", "c1", "-debug", "start",
        ])
        #expect(arguments.action == .start)
        #expect(arguments.namespace == "default")
        #expect(arguments.id == "c1")
        #expect(arguments.address == "/run/containerd/containerd.sock")
        #expect(arguments.publishBinary == "/usr/bin/containerd")
        #expect(arguments.isDebug)
    }

    @Test func `delete names a bundle, and values may follow an equals sign`() throws {
        let arguments = try Arguments(["--namespace=n", "-id=c", "-bundle", "/b", "delete"])
        #expect(arguments.action == .delete)
        #expect(arguments.bundle == "/b")
    }

    @Test func `a shim with a listening descriptor serves`() throws {
        #expect(try Arguments(["-namespace", "n", "-id", "c", "-listen-fd", "3"]).action == .serve(listener: 3))
    }

    @Test func `version and info need nothing else`() throws {
        #expect(try Arguments(["-v"]).action == .version)
        #expect(try Arguments(["--help"]).action == .help)
        #expect(try Arguments(["-info"]).action == .info)
    }

    @Test(
        arguments: [
            [], ["start"], ["-namespace", "n", "start"], ["-id"], ["-namespace", "n", "-id", "c", "jump"],
            ["-namespace", "n", "-id", "c", "-listen-fd", "2"], ["-wings", "2", "start"],
            ["-namespace", "n", "-id", "c", "start", "stop"],
        ] as [[String]])
    func `a command line that makes no sense is refused`(_ arguments: [String]) {
        #expect(throws: Arguments.Invalid.self) { try Arguments(arguments) }
    }

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `digests are those of the standard`(_ text: String, _ digest: String) {
        #expect(SHA256.hexadecimal(of: text) == digest)
    }

    @Test func `a daemon's event socket is what it says, or beside its own`() {
        #expect(SocketAddress.events(variable: "/run/x.ttrpc", daemon: "/run/d.sock") == "/run/x.ttrpc")
        #expect(SocketAddress.events(variable: "unix:///run/x.ttrpc", daemon: "") == "/run/x.ttrpc")
        #expect(SocketAddress.events(variable: nil, daemon: "/run/d.sock") == "/run/d.sock.ttrpc")
        #expect(SocketAddress.events(variable: "", daemon: "/run/d.sock") == "/run/d.sock.ttrpc")
    }
}
