import ContainerdTypes
import Logging
import Model
import NIOPosix
import SwiftProtobuf
import Testing

@testable import Tasks

struct EventServerTests {
    private static let service = "containerd.services.events.ttrpc.v1.Events"

    private static func connect(_ fixture: Fixture) async throws -> ShimChannel {
        try await ShimChannel.connect(
            path: fixture.configuration.eventAddress, peer: "events", group: MultiThreadedEventLoopGroup.singleton)
    }

    private static func forward(_ topic: String, seconds: Int64, _ channel: ShimChannel) async throws {
        let request = Containerd_Services_Events_Ttrpc_V1_ForwardRequest.with {
            $0.envelope.namespace = "n"
            $0.envelope.topic = topic
            $0.envelope.timestamp.seconds = seconds
        }
        _ = try await channel.call(
            service: service, method: "Forward", payload: try request.serializedBytes(), namespace: "n",
            peer: "shim", deadline: .seconds(10))
    }

    @Test func `an event that is sent again is announced once`() async throws {
        try await Fixture.with { fixture in
            let channel = try await Self.connect(fixture)
            try await Self.forward("/tasks/oom", seconds: 1, channel)
            try await Self.forward("/tasks/oom", seconds: 1, channel)
            try await Self.forward("/tasks/oom", seconds: 2, channel)
            #expect(fixture.sink.lines == ["/tasks/oom ?", "/tasks/oom ?"])
            channel.close()
        }
    }

    @Test func `calls of other services and malformed ones are refused and the connection goes on`() async throws {
        try await Fixture.with { fixture in
            let channel = try await Self.connect(fixture)
            let unknown = await #expect(throws: Failure.self) {
                try await channel.call(
                    service: "x", method: "y", payload: [], namespace: "n", peer: "shim", deadline: .seconds(10))
            }
            #expect(unknown?.code == .unimplemented)
            let malformed = await #expect(throws: Failure.self) {
                try await channel.call(
                    service: Self.service, method: "Forward", payload: [0xFF], namespace: "n", peer: "shim",
                    deadline: .seconds(10))
            }
            #expect(malformed?.code == .invalidArgument)
            try await Self.forward("/tasks/oom", seconds: 1, channel)
            #expect(fixture.sink.lines.count == 1)
            channel.close()
        }
    }

    @Test func `the socket is closed to other users`() async throws {
        try await Fixture.with { fixture in
            let configuration = fixture.configuration
            let paths = [configuration.eventAddress, configuration.stateDirectory, configuration.socketDirectory]
            let modes = try paths.map { try Fixture.mode($0) }
            #expect(modes == [0o600, 0o700, 0o700])
        }
    }

    @Test func `a socket directory whose paths would not fit is refused with its name`() {
        var configuration = Fixture.configuration("/run/x")
        configuration.socketDirectory = "/run/" + String(repeating: "x", count: 90)
        let failure = #expect(throws: Failure.self) {
            try ShimTaskRuntime(
                configuration: configuration, events: RecordingSink(), group: MultiThreadedEventLoopGroup.singleton,
                logger: .init(label: "test"))
        }
        #expect(failure?.code == .invalidArgument)
    }
}
