internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

@Suite(.needsRoot) struct SeccompTests {
    /// Everything is allowed but for one call, which fails with an error that it never has by itself.
    private func profile(_ action: SeccompAction = .errno, _ names: [String] = ["mkdir", "mkdirat"]) -> SeccompProfile {
        var profile = SeccompProfile()
        profile.defaultAction = .allow
        profile.syscalls = [SeccompRule(names: names, action: action, errnoRet: action == .errno ? 95 : nil)]
        return profile
    }

    @Test(arguments: [true, false])
    func `the filter holds for the program and for later processes`(noNewPrivileges: Bool) throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.noNewPrivileges = noNewPrivileges
            fixture.spec.linux?.seccomp = profile()
            fixture.spec.process?.args = ["sh", "-c", "busybox mkdir /x; busybox sleep 0 && cat /proc/self/status"]
            let outcome = try fixture.run()
            #expect(outcome.errors.contains("Operation not supported"), "\(outcome.errors)")
            #expect(outcome.output.contains("Seccomp:\t2"))
            _ = try fixture.startSleeping()
            let later = try fixture.runtime(["exec", fixture.id, "busybox", "mkdir", "/x"])
            #expect(later.code == 1 && later.errors.contains("Operation not supported"), "\(later.errors)")
        }
    }

    @Test func `the second container takes the filter that the first one made`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.linux?.seccomp = profile()
            fixture.spec.process?.args = ["busybox", "mkdir", "/x"]
            let first = try fixture.run()
            #expect(first.errors.contains("Operation not supported"))
            let filters = fixture.stateRoot + "/filters~"
            let made = try Directory.entries(filters).map(\.name)
            try #require(made.count == 1)
            let inode = try FileDescriptor.open(filters + "/" + made[0], .pathOnly).inode().number
            let second = try fixture.run()
            #expect(second.errors.contains("Operation not supported"))
            #expect(try FileDescriptor.open(filters + "/" + made[0], .pathOnly).inode().number == inode)
            #expect(try fixture.runtime(["list", "--quiet"]).output == "")
        }
    }

    /// Waits for a connection to a listener, and answers the message and the descriptor that come over it.
    private func receive(_ listener: borrowing FileDescriptor) throws -> (ContainerProcessState, Int32) {
        try #require(try waitUntilReadable(listener.rawValue, milliseconds: 10_000), "nobody connected")
        guard let socket = try UnixSocket.accept(listener) else {
            throw ContainerFixture.Failure(message: "the connection is gone")
        }
        var bytes: [UInt8] = []
        var passed: [Int32] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
        defer { buffer.deallocate() }
        while try waitUntilReadable(socket.rawValue, milliseconds: 10_000) {
            let (count, descriptors) = try UnixSocket.receive(into: buffer, from: socket)
            passed += descriptors
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        let state = try bytes.withUnsafeBytes { try JSONReader.parse(ContainerProcessState.self, $0) }
        try #require(passed.count == 1)
        return (state, passed[0])
    }

    @Test(arguments: [true, false])
    func `a listener gets the descriptor, and the container's state, for every process`(noNewPrivileges: Bool) throws {
        try ContainerFixture.with { fixture in
            let path = fixture.directory + "/agent.sock"
            let agent = try UnixSocket.listen(path: path)
            fixture.spec.process?.noNewPrivileges = noNewPrivileges
            fixture.spec.linux?.seccomp = profile(.notify, ["swapoff"])
            fixture.spec.linux?.seccomp?.listenerPath = path
            fixture.spec.linux?.seccomp?.listenerMetadata = "for the agent"
            fixture.spec.annotations = ["key": "value"]
            let pid = try fixture.startSleeping()
            let (state, descriptor) = try receive(agent)
            let listener = FileDescriptor(owning: descriptor)
            let kind = try readSymbolicLink("/proc/self/fd/\(listener.rawValue)", in: workingDirectory)
            #expect(kind.contains("seccomp"))
            #expect(state.fds == ["seccompFd"] && state.pid == pid && state.metadata == "for the agent")
            #expect(state.state.id == fixture.id && state.state.annotations == ["key": "value"])
            #expect(state.state.pid == pid && state.state.status == (noNewPrivileges ? .created : .creating))
            let later = try fixture.runtime(["exec", fixture.id, "true"])
            #expect(later.code == 0, "\(later.errors)")
            let (second, other) = try receive(agent)
            _ = FileDescriptor(owning: other)
            #expect(second.pid != pid && second.state.pid == pid && second.state.status == .running)
        }
    }

    @Test func `a container whose listener is not there is not made`() throws {
        try ContainerFixture.with { fixture in
            fixture.spec.process?.noNewPrivileges = false
            fixture.spec.linux?.seccomp = profile(.notify, ["swapoff"])
            fixture.spec.linux?.seccomp?.listenerPath = fixture.directory + "/nobody.sock"
            let outcome = try fixture.run()
            #expect(outcome.code == 1 && outcome.errors.contains("linux.seccomp.listenerPath"), "\(outcome.errors)")
            #expect(try fixture.leftovers().allSatisfy { $0.hasSuffix("/filters~") })
        }
    }
}
