import CTaskAPI
import Kernel
import TTRPC
import TaskAPI
import TestKit
import Testing

/// Requests that are broken, hostile or senseless, to a shim that has a container to lose.
@Suite(.needsRoot, .serialized) struct RequestFuzzTests {
    private static let rounds = fuzzRounds(300)
    /// Requests that are under way at once.
    private static let burst = 25

    /// A shim that is a sandbox, so that Shutdown does not end it, and what may be asked of it.
    private struct Target {
        let shim: ShimFixture
        let samples: [RequestSample]
        let second: String

        init() throws {
            shim = try ShimFixture()
            second = shim.id + "-2"
            try shim.prepareBundle(["/bin/sleep", "1000"])
            let secondBundle = shim.directory + "/second"
            try Directory.make(secondBundle, mode: 0o700)
            let configuration = try SmallFile.text(shim.bundle + "/config.json").replacing(shim.id, with: second)
            try SmallFile.replace(secondBundle + "/config.json", with: Array(configuration.utf8))
            try Directory.make(secondBundle + "/rootfs")
            for name in ["in", "out"] { try Fifo.make(shim.directory + "/" + name) }
            samples = RequestSample.all(
                id: shim.id, bundle: shim.bundle, second: second, secondBundle: secondBundle)
            try shim.call("CreateSandbox", ShimRequest.process(shim.id), service: SandboxCall.service)
        }

        /// Brings the first container back to where most requests mean something.
        func ensureRunning() throws {
            for _ in 0..<5 {
                switch try? shim.status() {
                case 1: try shim.start()
                case 2: return
                case 3: try shim.call("Delete", ShimRequest.process(shim.id))
                case 4: try shim.call("Resume", ShimRequest.process(shim.id))
                default: try shim.create()
                }
            }
            throw ShimFixture.Failure(description: "the container cannot be brought back:\n\(shim.log)")
        }

        /// Sends requests, most of them damaged, and waits until all are answered that can be; answers the codes.
        func burst(_ random: inout SeededGenerator) throws -> [StatusCode] {
            let client = try shim.connect()
            var awaited: [UInt32] = []
            for _ in 0..<RequestFuzzTests.burst {
                guard let sample = samples.randomElement(using: &random) else { continue }
                let isWhole = Int.random(in: 0..<8, using: &random) == 0
                let payload = isWhole ? sample.payload : MessageMutation.of(sample.payload, using: &random)
                let stream = try client.send(sample.method, payload, service: sample.service)
                if !["Wait", "WaitSandbox"].contains(sample.method) { awaited.append(stream) }
            }
            // Served on its own connection whatever the other brings.
            #expect(shim.code("Connect", ShimRequest.process(shim.id)) == .ok)
            try shim.wait("answers to the burst") {
                client.isClosed || awaited.allSatisfy { client.answers[$0] != nil }
            }
            #expect(!client.isClosed)
            return awaited.compactMap { stream in
                switch client.answers[stream] {
                case .success: return .ok
                case .failure(let status):
                    #expect(!status.message.isEmpty)
                    return status.code
                case nil: return nil
                }
            }
        }

        /// Ends everything, and looks whether anything is left.
        func end() throws {
            try shim.call("Shutdown", ShimRequest.shutdown(shim.id, now: true))
            try shim.call("ShutdownSandbox", ShimRequest.process(shim.id), service: SandboxCall.service)
            #expect(try shim.waitForShimExit() == 0)
            #expect(Leftovers.of(shim.id) == [])
            #expect(try Directory.entries(shim.bundle + "/runtime").isEmpty)
        }
    }

    @Test(arguments: 0..<3) func `damaged requests are answered, and neither the shim nor its other clients mind`(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(state: seed)
        let target = try Target()
        var codes: [StatusCode: Int] = [:]
        for round in 0..<max(1, Self.rounds / Self.burst) {
            try target.ensureRunning()
            for code in try target.burst(&random) { codes[code, default: 0] += 1 }
            let isAlive = (try? sendSignal(0, toProcess: target.shim.shim)) != nil
            try #require(isAlive, "seed \(seed), round \(round): the shim has ended:\n\(target.shim.log)")
        }
        // Damage was done, and not everything was damaged beyond recognition.
        #expect(codes[.invalidArgument, default: 0] > 0 && codes[.ok, default: 0] > 0)
        try target.end()
    }

    @Test(arguments: 0..<3) func `damaged frames cost at most the connection that they came on`(seed: UInt64) throws {
        var random = SeededGenerator(state: seed &+ 50)
        let target = try Target()
        let shim = target.shim
        try target.ensureRunning()
        let reads = ["State", "Pids", "Stats", "Connect", "Wait", "PingSandbox", "SandboxStatus"]
        let samples = target.samples.filter { reads.contains($0.method) }
        for round in 0..<Self.rounds {
            // Those of before are closed once another is answered: there is a limit to how many are open.
            if round % 10 == 0 { #expect(try shim.status() == 2, "seed \(seed), round \(round)") }
            let client = try shim.connect()
            var state = ClientConnection()
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                guard let sample = samples.randomElement(using: &random) else { continue }
                bytes += try state.call(
                    Request(service: sample.service, method: sample.method, payload: sample.payload)
                ).bytes
            }
            try client.sendRaw(MessageMutation.of(bytes, using: &random))
        }
        #expect(try shim.status() == 2)
        try target.end()
    }

    @Test func `frames that are half sent hold up nobody, and are answered once they are whole`() throws {
        var random = SeededGenerator(state: 7)
        let target = try Target()
        let shim = target.shim
        try target.ensureRunning()
        var state = ClientConnection()
        let frame = try state.call(
            Request(service: "containerd.task.v3.Task", method: "State", payload: ShimRequest.process(shim.id))
        ).bytes
        let halves = try (0..<30).map { _ in
            (client: try shim.connect(), count: Int.random(in: 1..<frame.count, using: &random))
        }
        for (client, count) in halves { try client.sendRaw(Array(frame.prefix(count))) }
        #expect(try shim.status() == 2)
        for (client, count) in halves {
            // The client's own count begins where the frame's does.
            #expect(try client.expectAnswer() == 1)
            try client.sendRaw(Array(frame.dropFirst(count)))
        }
        try shim.wait("answers to all that are whole") {
            halves.allSatisfy { if case .success = $0.client.answers[1] { true } else { false } }
        }
        try target.end()
    }

    @Test(arguments: 0..<4) func `damaged messages are read or refused`(seed: UInt64) throws {
        var random = SeededGenerator(state: seed &+ 500)
        let samples = RequestSample.all(id: "a", bundle: "/b/c", second: "d", secondBundle: "/b/e")
        var refused = 0
        let rounds = Self.rounds * 2
        for _ in 0..<rounds {
            for sample in samples {
                let request = Request(
                    service: sample.service, method: sample.method,
                    payload: MessageMutation.of(sample.payload, using: &random))
                do throws(Status) {
                    if sample.service == SandboxCall.service {
                        _ = try SandboxCall(request)
                    } else {
                        _ = try TaskCall(request)
                    }
                } catch {
                    #expect(error.code == .invalidArgument && !error.message.isEmpty)
                    refused += 1
                }
            }
        }
        #expect(refused > 0 && refused < rounds * samples.count)
    }
}
