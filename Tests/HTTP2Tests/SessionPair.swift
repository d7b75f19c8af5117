import HTTP2

/// One end of a connection, with a record of all that it was told.
final class SessionEnd: SessionEvents {
    private let role: Session.Role
    private(set) lazy var session = Session(role, events: self)
    private(set) var fields: [Int32: [[HeaderField]]] = [:]
    private(set) var bodies: [Int32: [UInt8]] = [:]
    private(set) var ended: [Int32] = []
    private(set) var closed: [Int32: UInt32] = [:]
    private(set) var drains: [Int32] = []
    private(set) var goAways = 0
    /// Gives no room for more until `takeHeld` does.
    var keeps = false
    private var held: [Int32: Int] = [:]

    init(_ role: Session.Role) {
        self.role = role
    }

    func body(_ stream: Int32) -> String { String(decoding: bodies[stream] ?? [], as: UTF8.self) }

    func takeHeld(_ stream: Int32) -> Int { held.removeValue(forKey: stream) ?? 0 }

    func received(_ fields: [HeaderField], on stream: Int32, isLast: Bool) {
        self.fields[stream, default: []].append(fields)
        if isLast { ended.append(stream) }
    }

    func received(_ bytes: UnsafeRawBufferPointer, on stream: Int32) {
        bodies[stream, default: []] += bytes
        if keeps { held[stream, default: 0] += bytes.count } else { session.consumed(bytes.count, on: stream) }
    }

    func receivedEnd(on stream: Int32) { ended.append(stream) }
    func closed(_ stream: Int32, reason: UInt32) { closed[stream] = reason }
    func drained(_ stream: Int32) { drains.append(stream) }
    func receivedGoAway() { goAways += 1 }
}

/// A client and a server without a socket between them.
struct SessionPair {
    let client = SessionEnd(.client)
    let server = SessionEnd(.server)

    /// Carries bytes both ways until neither end has any.
    func exchange() throws {
        while try carry(client, server) || carry(server, client) {}
    }

    private func carry(_ source: SessionEnd, _ target: SessionEnd) throws -> Bool {
        var bytes: [UInt8] = []
        try source.session.send { piece in
            bytes += piece
            return true
        }
        // In pieces that end anywhere, as a socket gives them.
        for start in stride(from: 0, to: bytes.count, by: 977) {
            try bytes[start..<min(start + 977, bytes.count)].withUnsafeBytes { try target.session.receive($0) }
        }
        return !bytes.isEmpty
    }
}
