import Foundation
import TestKit
import Testing

/// Connections as clients written in Go use them: with a ping for all that they receive, and a reset for every call of
/// which they have heard enough.
@Suite(.needsRoot) struct ConnectionTests {
    private typealias Kind = RawConnection.Kind
    private typealias Frame = RawConnection.Frame

    private static let version = "/containerd.services.version.v1.Version/Version"
    private static let watch = "/grpc.health.v1.Health/Watch"

    /// More than any limit of attacks in 30 seconds.
    private static let many = 500

    private func expectAnswer(_ connection: RawConnection) throws {
        let stream = try connection.call(Self.version)
        try connection.next { $0.stream == stream && $0.kind == Kind.data }
        try connection.next { $0.stream == stream && $0.endsStream }
    }

    private func ping(_ number: Int) -> Frame {
        Frame(kind: Kind.ping, payload: (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
    }

    @Test func `a client may ping as often as it likes`() async throws {
        try await withBerthd { berthd async throws in
            let connection = try RawConnection(to: berthd.address)
            for number in 0..<Self.many {
                try connection.send([ping(number)])
                let answer = try connection.next { $0.kind == Kind.ping }
                #expect(answer.flags == 1 && answer.payload == ping(number).payload)
            }
            try expectAnswer(connection)
        }
    }

    @Test func `pings that come in pieces, or many at once, are answered one by one`() async throws {
        try await withBerthd { berthd async throws in
            let connection = try RawConnection(to: berthd.address)
            try connection.dribble((0..<20).map(ping))
            try connection.send((20..<Self.many).map(ping))
            for number in 0..<Self.many {
                #expect(try connection.next { $0.kind == Kind.ping }.payload == ping(number).payload)
            }
            try expectAnswer(connection)
        }
    }

    @Test func `calls that have ended may be reset`() async throws {
        try await withBerthd { berthd async throws in
            let connection = try RawConnection(to: berthd.address)
            for _ in 0..<Self.many {
                let stream = try connection.call(Self.version)
                try connection.next { $0.stream == stream && $0.endsStream }
                try connection.reset(stream)
            }
            try expectAnswer(connection)
        }
    }

    @Test func `calls that have not ended may be reset`() async throws {
        try await withBerthd { berthd async throws in
            let connection = try RawConnection(to: berthd.address)
            for _ in 0..<Self.many {
                let stream = try connection.call(Self.watch)
                try connection.next { $0.stream == stream && $0.kind == Kind.data }
                try connection.reset(stream)
                // The second time it is nobody's any more.
                try connection.reset(stream)
            }
            try expectAnswer(connection)
        }
    }

    @Test func `as many calls may be open at once as there are containers to wait for`() async throws {
        try await withBerthd { berthd async throws in
            let connection = try RawConnection(to: berthd.address)
            try expectAnswer(connection)
            for _ in 0..<Self.many {
                let stream = try connection.call(Self.watch)
                try connection.next { $0.stream == stream && $0.kind == Kind.data }
            }
            try expectAnswer(connection)
        }
    }

    @Test func `a supervisor that has no descriptors left serves again when it has`() async throws {
        try await withBerthd { berthd async throws in
            #expect(try await berthd.ctr("version").status == 0)
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(berthd.pid)/fd").count
            let limit = "--nofile=\(open + 4):"
            #expect(try await ToolRun.run("/usr/bin/prlimit", ["--pid", "\(berthd.pid)", limit]).status == 0)
            var connections = try (0..<40).map { _ in try RawConnection(to: berthd.address) }
            // One that was accepted is still served.
            try expectAnswer(connections[0])
            #expect(connections.count == 40)
            connections = []
            let isBack = try await eventually(within: .seconds(60)) { try await berthd.ctr("version").status == 0 }
            #expect(isBack, "\(berthd.log.suffix(1000))")
            #expect(berthd.isRunning)
        }
    }
}
