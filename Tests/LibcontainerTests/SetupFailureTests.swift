internal import Kernel
internal import Testing

@testable internal import Libcontainer

@Suite struct SetupFailureTests {
    @Test func `a failure arrives as it was sent`() throws {
        let cause = SystemCallError("fsopen", on: "nosuchfs", errno: .noDevice)
        let sent = SetupFailure(.mount, "/data", cause)
        let arrived = try #require(SetupFailure(decoding: sent.encode()))
        #expect(arrived.message == sent.message)
        #expect(arrived.message == "mount \"/data\": fsopen \"nosuchfs\": no such device")
    }

    @Test func `a failure arrives with its place in the configuration`() throws {
        let sent = SetupFailure(.mount, "/data", refused: "no").at("mounts[3]")
        #expect(try #require(SetupFailure(decoding: sent.encode())).message == "mounts[3]: mount \"/data\": no")
        let known = SetupFailure(.workingDirectory, "/x", SystemCallError("openat2", on: "/x", errno: .noSuchFile))
        #expect(known.message == "process.cwd: change to working directory \"/x\": openat2: no such file or directory")
    }

    @Test func `a text of any length is cut, never torn`() throws {
        let long = String(repeating: "ä", count: 100_000)
        let sent = SetupFailure(.mount, long, SystemCallError("openat2", on: long, errno: .nameTooLong))
        let bytes = sent.encode()
        #expect(bytes.count <= SetupFailure.headerSize + 2 * SetupFailure.longestText)
        let arrived = try #require(SetupFailure(decoding: bytes))
        #expect(arrived.errno == .nameTooLong && arrived.object.hasPrefix("ää"))
    }

    @Test(arguments: [[], [0], [200, 0, 0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 255, 255, 0, 0, 1]] as [[UInt8]])
    func `garbage is no failure`(bytes: [UInt8]) {
        #expect(SetupFailure(decoding: bytes) == nil)
    }

    @Test func `a missing program is worded as engines expect`() {
        let failure = SetupFailure(.findExecutable, "foo", refused: "executable file not found in $PATH")
        #expect(failure.message == "exec: \"foo\": executable file not found in $PATH")
        #expect(failure.exitCode == 127)
        let denied = SetupFailure(.execute, "bar", SystemCallError("execve", on: "/bar", errno: .accessDenied))
        #expect(denied.message == "exec: \"bar\": permission denied")
        #expect(denied.exitCode == 126)
    }
}
