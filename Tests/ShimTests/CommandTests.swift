import CTaskAPI
import Kernel
import TaskAPI
import Testing

/// The commands by which a stock daemon drives the shim.
@Suite struct CommandTests {
    /// Runs the program to its end; answers what it printed.
    private func run(
        _ arguments: [String], input: [UInt8] = [], environment: [String] = [], directory: String
    ) throws -> (status: UInt32, output: [UInt8]) {
        let pipe = try Pipe()
        try SmallFile.replace(directory + "/input", with: input)
        let stdin = try FileDescriptor.open(directory + "/input", .readOnly)
        let errors = try FileDescriptor.open(directory + "/errors", [.writeOnly, .create, .append])
        let child = try HostProgram.spawn(
            try ShimFixture.program(), arguments: ["containerd-shim-berth-v1"] + arguments, environment: environment,
            descriptors: [stdin.rawValue, pipe.writing.rawValue, errors.rawValue], session: false, directory: directory)
        let ends = pipe.ends()
        let reading = FileDescriptor(owning: ends.reading)
        _ = FileDescriptor(owning: ends.writing)
        let output = try reading.readAll(limit: 1 << 20)
        return (try ChildExit.wait(for: child).status, output)
    }

    /// Runs `body` in a scratch directory that stands for a bundle.
    private func withBundle(_ body: (_ bundle: String, _ id: String) throws -> Void) throws {
        let id = "shim-command-\(currentProcess())-\(UInt32.random(in: 0 ... .max))"
        let bundle = "/tmp/berth-\(id)"
        try Directory.make(bundle, mode: 0o700)
        defer { ShimFixture.removeTree(bundle) }
        try body(bundle, id)
    }

    private func flags(_ id: String, _ bundle: String) -> [String] {
        ["-namespace", "shim-tests", "-id", id, "-address", bundle + "/daemon.sock", "-publish-binary", "/bin/true"]
    }

    /// The request of a daemon from 2.3 on, by the numbers of its fields.
    private func bootstrapRequest(_ id: String, _ bundle: String, sockets: String) -> [UInt8] {
        var writer = MessageWriter()
        writer.text(1, id)
        writer.text(2, "shim-tests")
        // -4, for debug messages; negative numbers of protobuf are of 64 bits.
        writer.number(3, UInt64(bitPattern: -4))
        writer.text(4, "2.3.0")
        writer.text(5, bundle + "/elsewhere.ttrpc")
        writer.text(9, sockets)
        return writer.bytes
    }

    /// Starts a shim with `start`, gives its address and process to `body`, and ends it.
    private func withStarted(
        environment: [String] = [], _ body: (_ answer: String, _ bundle: String, _ pid: Int32) throws -> Void
    ) throws {
        try withBundle { bundle, id in
            let (status, output) = try run(flags(id, bundle) + ["start"], environment: environment, directory: bundle)
            #expect(status == 0)
            let pid = try #require(Int32(try SmallFile.text(bundle + "/shim.pid")))
            defer { try? sendSignal(15, toProcess: pid) }
            try body(String(decoding: output, as: UTF8.self), bundle, pid)
        }
    }

    @Test func `start answers the address of a socket that only its user may use`() throws {
        try withStarted { answer, bundle, _ in
            #expect(answer.hasPrefix("unix:///run/containerd/s/"))
            let kept = try SmallFile.text(bundle + "/address")
            #expect(kept == answer)
            let path = String(answer.dropFirst(7))
            _ = try UnixSocket.connect(path: path)
            let status = try FileStatus(entry: path, of: workingDirectory)
            #expect(status.mode & 0o777 == 0o600)
        }
    }

    @Test func `a daemon that names its version gets it with the address`() throws {
        try withStarted(environment: ["MAX_SHIM_VERSION=3"]) { answer, bundle, _ in
            let address = try SmallFile.text(bundle + "/address")
            #expect(answer == "{\"version\":3,\"address\":\"\(address)\",\"protocol\":\"ttrpc\"}")
        }
    }

    @Test func `a daemon that knows version 2 gets that`() throws {
        try withStarted(environment: ["MAX_SHIM_VERSION=2"]) { answer, _, _ in
            #expect(answer.hasPrefix("{\"version\":2,"))
        }
    }

    @Test func `a request on standard input is obeyed and answered in kind`() throws {
        try withBundle { bundle, id in
            // A socket's path has little room.
            let sockets = "/tmp/berth-s\(UInt32.random(in: 0 ... .max))"
            defer { ShimFixture.removeTree(sockets) }
            let answer = try run(
                flags(id, bundle) + ["start"], input: bootstrapRequest(id, bundle, sockets: sockets),
                environment: ["MAX_SHIM_VERSION=3", "TTRPC_ADDRESS=" + bundle + "/events.ttrpc"], directory: bundle)
            #expect(answer.status == 0)
            let pid = try #require(Int32(try SmallFile.text(bundle + "/shim.pid")))
            defer { try? sendSignal(15, toProcess: pid) }
            let address = try SmallFile.text(bundle + "/address")
            #expect(address.hasPrefix("unix://\(sockets)/"))
            var expected = MessageWriter()
            expected.number(1, 3)
            expected.text(2, address)
            expected.text(3, "ttrpc")
            #expect(answer.output == expected.bytes)
            // A process that begins has no environment to be seen for a moment.
            let environ = "/proc/\(pid)/environ"
            for _ in 0..<20_000 where try SmallFile.text(environ).isEmpty { pause(microseconds: 1_000) }
            #expect(try SmallFile.text(environ).contains("TTRPC_ADDRESS=\(bundle)/elsewhere.ttrpc"))
            #expect(try SmallFile.text("/proc/\(pid)/cmdline").contains("-debug"))

            try sendSignal(9, toProcess: pid)
            let path = String(address.dropFirst(7))
            while (try? UnixSocket.connect(path: path)) != nil { pause(microseconds: 1_000) }
            #expect(try run(flags(id, bundle) + ["-bundle", bundle, "delete"], directory: bundle).status == 0)
            #expect(try Directory.entries(sockets).isEmpty)
        }
    }

    @Test func `options of an older daemon on standard input are no request`() throws {
        try withBundle { bundle, id in
            var options = MessageWriter()
            options.text(1, TypeName.runtimeOptions)
            options.message(2) { $0.number(1, 1) }
            let (status, output) = try run(
                flags(id, bundle) + ["start"], input: options.bytes, environment: ["MAX_SHIM_VERSION=2"],
                directory: bundle)
            #expect(status == 0)
            let pid = try #require(Int32(try SmallFile.text(bundle + "/shim.pid")))
            defer { try? sendSignal(15, toProcess: pid) }
            #expect(String(decoding: output, as: UTF8.self).hasPrefix("{\"version\":2,\"address\":\"unix:///run"))
        }
    }

    @Test func `a started shim is a session of its own, in its bundle, and holds no output of its starter`() throws {
        try withStarted { _, bundle, pid in
            let directory = try readSymbolicLink("/proc/\(pid)/cwd", in: workingDirectory)
            let output = try readSymbolicLink("/proc/\(pid)/fd/1", in: workingDirectory)
            #expect(directory == bundle)
            #expect(output == "/dev/null")
        }
    }

    @Test(arguments: ["io.kubernetes.cri.sandbox-id", "io.containerd.berth.v1.group", "io.containerd.runc.v2.group"])
    func `containers of one group are served by one shim, which the deletion of one leaves in place`(
        _ annotation: String
    ) throws {
        try withBundle { first, id in
            try withBundle { second, other in
                let configuration = #"{"ociVersion":"1.0.2","annotations":{"\#(annotation)":"\#(id)-group"}}"#
                for bundle in [first, second] {
                    try SmallFile.replace(bundle + "/config.json", with: Array(configuration.utf8))
                }
                let daemon = ["-namespace", "shim-tests", "-address", first + "/daemon.sock"]
                let one = try run(daemon + ["-id", id, "start"], directory: first)
                let pid = try #require(Int32(try SmallFile.text(first + "/shim.pid")))
                defer { try? sendSignal(15, toProcess: pid) }
                let two = try run(daemon + ["-id", other, "start"], directory: second)
                #expect(one.status == 0 && two.status == 0)
                #expect(one.output == two.output)
                #expect((try? SmallFile.text(second + "/shim.pid")) == nil)
                let delete = try run(daemon + ["-id", other, "-bundle", second, "delete"], directory: second)
                #expect(delete.status == 0)
                _ = try UnixSocket.connect(path: String(String(decoding: one.output, as: UTF8.self).dropFirst(7)))
            }
        }
    }

    @Test func `delete of a container that never was answers the exit of a killed one`() throws {
        try withBundle { bundle, id in
            let (status, output) = try run(flags(id, bundle) + ["-bundle", bundle, "delete"], directory: bundle)
            #expect(status == 0)
            #expect(output.starts(with: [0x10, 0x89, 0x01]))
        }
    }

    @Test func `version and info are printed`() throws {
        try withBundle { bundle, _ in
            let version = try run(["-v"], directory: bundle)
            #expect(String(decoding: version.output, as: UTF8.self).contains("containerd-shim-berth-v1"))
            var options = MessageWriter()
            options.text(1, TypeName.runtimeOptions)
            options.text(2, "as they came")
            let info = try run(["-info"], input: options.bytes, directory: bundle).output
            let message = info.withUnsafeBufferPointer {
                containerd__types__runtime_info__unpack(nil, $0.count, $0.baseAddress)
            }
            defer { containerd__types__runtime_info__free_unpacked(message, nil) }
            let read = try #require(message?.pointee)
            #expect(String(cString: read.name) == "io.containerd.berth.v1")
            let echoed = try #require(read.options?.pointee)
            #expect(String(cString: echoed.type_url) == TypeName.runtimeOptions)
            let features = try #require(read.features?.pointee)
            #expect(
                String(cString: features.type_url)
                    == "types.containerd.io/opencontainers/runtime-spec/1/features/Features")
            let value = UnsafeBufferPointer(start: features.value.data, count: features.value.len)
            #expect(String(decoding: value, as: UTF8.self).contains("\"rro\""))
        }
    }

    @Test func `a command line that makes no sense is answered with status 2`() throws {
        try withBundle { bundle, _ in
            let status = try run(["fly"], directory: bundle).status
            #expect(status == 2)
        }
    }
}
