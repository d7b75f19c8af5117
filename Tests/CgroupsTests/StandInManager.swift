import Foundation
import Kernel
import Synchronization

@testable import DBus

/// Stands for systemd at a socket: lets the client in, answers every call by a table and keeps what was asked.
final class StandInManager: Sendable {
    enum Login: Sendable {
        case byData, atOnce, byNumber, never
    }

    enum Answer: Sendable {
        case values([DBusValue])
        case error(String, String)
        /// The job's signal goes first, as it may on a bus, or after the answer.
        case job(String, signalFirst: Bool)
        case nothing
    }

    let path: String
    private let login: Login
    private let answers: @Sendable (DBusMessage, Int) -> Answer
    private let calls = Mutex<[DBusMessage]>([])
    private let listener: FileDescriptor

    static let version = "252.38-1~deb12u1"

    init(login: Login = .byData, _ answers: @escaping @Sendable (DBusMessage, Int) -> Answer = { _, _ in .nothing })
        throws
    {
        path = NSTemporaryDirectory() + "/berth-bus-" + String(UUID().uuidString.prefix(8))
        self.login = login
        self.answers = answers
        listener = try UnixSocket.listen(path: path)
        Thread { [self] in serve() }.start()
    }

    func close() {
        unlink(path)
    }

    var address: DBusAddress { DBusAddress(path: path, isBus: false) }
    var busAddress: DBusAddress { DBusAddress(path: path, isBus: true) }

    /// What was called so far, but for the questions that every client begins with.
    var received: [DBusMessage] { calls.withLock { $0 } }

    private func serve() {
        while (try? waitUntilReadable(listener.rawValue, milliseconds: 60_000)) == true {
            guard let accepted = try? UnixSocket.accept(listener) else { continue }
            guard (try? accepted.setNonBlocking(false)) != nil else { continue }
            let client = FileHandle(fileDescriptor: accepted.release(), closeOnDealloc: true)
            if admit(client) { converse(client) }
        }
    }

    private func line(_ client: FileHandle) -> String {
        var bytes: [UInt8] = []
        while bytes.suffix(2) != [13, 10], let byte = client.readData(ofLength: 1).first { bytes.append(byte) }
        return String(decoding: bytes.dropLast(2), as: UTF8.self)
    }

    private func say(_ text: String, _ client: FileHandle) {
        client.write(Data((text + "\r\n").utf8))
    }

    private func admit(_ client: FileHandle) -> Bool {
        guard line(client) == "\0AUTH EXTERNAL" else { return false }
        switch login {
        case .never:
            say("REJECTED", client)
            _ = line(client)
            say("REJECTED", client)
            return false
        case .byNumber:
            say("REJECTED EXTERNAL", client)
            let digits = "\(geteuid())".utf8.map { String($0, radix: 16) }.joined()
            guard line(client) == "AUTH EXTERNAL \(digits)" else { return false }
        case .byData:
            say("DATA", client)
            guard line(client) == "DATA" else { return false }
        case .atOnce: break
        }
        say("OK 0123456789abcdef", client)
        return line(client) == "BEGIN"
    }

    private func converse(_ client: FileHandle) {
        var bytes: [UInt8] = []
        while true {
            while let length = try? DBusMessage.length(of: bytes[...]), length <= bytes.count {
                guard let call = try? DBusMessage(decoding: bytes[..<length]) else { return }
                bytes.removeFirst(length)
                answer(call, client)
            }
            let chunk = client.availableData
            if chunk.isEmpty { return }
            bytes += chunk
        }
    }

    private func answer(_ call: DBusMessage, _ client: FileHandle) {
        var reply = DBusMessage(.reply)
        reply.serial = call.serial
        reply.replySerial = call.serial
        if call.member == "Get" {
            let isVersion = call.body.last == .string("Version")
            reply.body = [.variant(.string(isVersion ? Self.version : "/managed"))]
            return client.write(Data(reply.encoded()))
        }
        let number = calls.withLock { calls in
            calls.append(call)
            return calls.count { $0.member == call.member }
        }
        switch answers(call, number) {
        case .nothing: break
        case .values(let values): reply.body = values
        case .error(let name, let message):
            reply.kind = .error
            reply.errorName = name
            reply.body = [.string(message)]
        case .job(let result, let signalFirst):
            let job = "/job/\(call.serial)"
            reply.body = [.objectPath(job)]
            var signal = DBusMessage(.signal)
            signal.serial = 1000
            signal.member = "JobRemoved"
            signal.body = [.uint32(1), .objectPath(job), call.body[0], .string(result)]
            var other = signal
            other.body[1] = .objectPath("/job/another's")
            let signals = other.encoded() + signal.encoded()
            client.write(Data(signalFirst ? signals + reply.encoded() : reply.encoded() + signals))
            return
        }
        client.write(Data(reply.encoded()))
    }
}
