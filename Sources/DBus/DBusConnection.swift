internal import Kernel

/// A connection to a bus or right to a service, of one thread that waits for each answer. Signals that come meanwhile
/// are kept for whoever waits for them later. Closed when the value is let go; a crash leaves nothing at the peer.
package final class DBusConnection {
    package let address: DBusAddress
    private let socket: FileDescriptor
    private var received: [UInt8] = []
    private var signals: [DBusMessage] = []
    private var lastSerial: UInt32 = 0

    /// How long an answer may take, in milliseconds; as libdbus.
    private static let patience: Int64 = 25_000

    /// Signals nobody asked for are forgotten from this many on, the oldest first.
    private static let mostSignals = 1024

    package init(_ address: DBusAddress) throws(DBusError) {
        self.address = address
        do {
            socket = try UnixSocket.connect(path: address.path)
        } catch {
            throw .unreachable(address: address.path, error)
        }
        try authenticate()
        if address.isBus {
            _ = try call(
                "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello")
        }
    }

    /// SASL EXTERNAL: the socket tells who the caller is, so that no name of his is needed, which in a user namespace
    /// would be another than the one the peer sees. Peers that insist on a number get it.
    ///
    /// BEGIN goes with the last word of the dialogue, not with the first message: systemd's own end leaves a message
    /// lying that comes in one piece with BEGIN, until something else comes.
    private func authenticate() throws(DBusError) {
        let deadline = Clock.milliseconds() + Self.patience
        try send(Array("\0AUTH EXTERNAL\r\n".utf8), until: deadline)
        var answer = try line(until: deadline)
        var hasBegun = false
        if answer.hasPrefix("DATA") {
            try send(Array("DATA\r\nBEGIN\r\n".utf8), until: deadline)
            hasBegun = true
            answer = try line(until: deadline)
        }
        if answer.hasPrefix("REJECTED") {
            let digits = "\(effectiveUser())".utf8.map { String($0, radix: 16) }.joined()
            try send(Array("AUTH EXTERNAL \(digits)\r\n".utf8), until: deadline)
            repeat {
                answer = try line(until: deadline)
                // What a peer says to a BEGIN that came too early.
            } while hasBegun && answer.hasPrefix("ERROR")
            hasBegun = false
        }
        guard answer.hasPrefix("OK") else {
            throw .refused(address: address.path, "expected to be let in, was answered \"\(answer)\"")
        }
        if !hasBegun { try send(Array("BEGIN\r\n".utf8), until: deadline) }
    }

    /// Calls a method and waits for what it returns.
    /// - Throws: `failed` with the peer's error, if the method returned one.
    package func call(
        _ destination: String, _ path: String, _ interface: String, _ member: String, _ body: [DBusValue] = []
    ) throws(DBusError) -> [DBusValue] {
        lastSerial += 1
        var message = DBusMessage(.call)
        message.serial = lastSerial
        message.path = path
        message.interface = interface
        message.member = member
        message.destination = address.isBus ? destination : nil
        message.body = body
        let deadline = Clock.milliseconds() + Self.patience
        try send(message.encoded(), until: deadline)
        while true {
            let answer = try next(until: deadline, for: "answer to \(member)")
            switch answer.kind {
            case .reply where answer.replySerial == lastSerial: return answer.body
            case .error where answer.replySerial == lastSerial:
                throw .failed(name: answer.errorName ?? "", message: answer.body.first?.text ?? "")
            case .signal: keep(answer)
            default: continue
            }
        }
    }

    /// The first signal that fits, of those that have come already or come within the time, in milliseconds.
    package func signal(
        _ member: String, within milliseconds: Int64, where fits: (DBusMessage) -> Bool
    ) throws(DBusError) -> DBusMessage {
        if let index = signals.firstIndex(where: { $0.member == member && fits($0) }) {
            return signals.remove(at: index)
        }
        let deadline = Clock.milliseconds() + milliseconds
        while true {
            let message = try next(until: deadline, for: "signal \(member)")
            guard message.kind == .signal else { continue }
            if message.member == member, fits(message) { return message }
            keep(message)
        }
    }

    private func keep(_ signal: DBusMessage) {
        if signals.count == Self.mostSignals { signals.removeFirst() }
        signals.append(signal)
    }

    private func next(until deadline: Int64, for what: String) throws(DBusError) -> DBusMessage {
        while true {
            if let message = try whole() { return message }
            try receive(until: deadline, for: what)
        }
    }

    /// The next message, if all of it is there.
    private func whole() throws(DBusError) -> DBusMessage? {
        do {
            guard let length = try DBusMessage.length(of: received[...]), length <= received.count else { return nil }
            let message = try DBusMessage(decoding: received[..<length])
            received.removeFirst(length)
            return message
        } catch {
            throw .refused(address: address.path, error.message)
        }
    }

    private func line(until deadline: Int64) throws(DBusError) -> String {
        let newline = UInt8(ascii: "\n")
        while true {
            if let end = received.firstIndex(of: newline) {
                let line = received[..<end].filter { $0 != UInt8(ascii: "\r") }
                received.removeFirst(end + 1)
                return String(decoding: line, as: UTF8.self)
            }
            guard received.count < 16_384 else {
                throw .refused(address: address.path, "expected a line, found \(received.count) bytes without an end")
            }
            try receive(until: deadline, for: "answer to AUTH")
        }
    }

    private func receive(until deadline: Int64, for what: String) throws(DBusError) {
        try wait(until: deadline, writable: false, for: what)
        var chunk = [UInt8](repeating: 0, count: 16_384)
        let number = socket.rawValue
        do throws(SystemCallError) {
            let outcome = try chunk.withUnsafeMutableBytes { buffer in
                Result { () throws(SystemCallError) in try Transfer.read(number, into: buffer) }
            }.get()
            switch outcome {
            case .moved(let count): received += chunk[..<count]
            case .wouldBlock: return
            case .ended: throw SystemCallError("read", errno: .brokenPipe)
            }
        } catch {
            throw .broken(address: address.path, error)
        }
    }

    private func send(_ bytes: [UInt8], until deadline: Int64) throws(DBusError) {
        var rest = bytes[...]
        let number = socket.rawValue
        while !rest.isEmpty {
            do throws(SystemCallError) {
                let outcome = try rest.withUnsafeBytes { buffer in
                    Result { () throws(SystemCallError) in try Transfer.send(buffer, to: number) }
                }.get()
                if case .moved(let count) = outcome {
                    rest = rest.dropFirst(count)
                    continue
                }
            } catch {
                throw .broken(address: address.path, error)
            }
            try wait(until: deadline, writable: true, for: "reader")
        }
    }

    private func wait(until deadline: Int64, writable: Bool, for what: String) throws(DBusError) {
        let left = deadline - Clock.milliseconds()
        guard left > 0 else { throw .timedOut(address: address.path, waitingFor: what) }
        do {
            _ = try Poll.wait(
                [Poll.Interest(socket.rawValue, readable: !writable, writable: writable)],
                milliseconds: Int32(clamping: left))
        } catch {
            throw .broken(address: address.path, error)
        }
    }
}
