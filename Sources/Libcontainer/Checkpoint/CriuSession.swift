internal import Kernel

/// A criu that serves one request over a socket, `criu swrk`. It is a child of this process and dies with the
/// conversation: criu undoes what it has begun when nobody listens any more.
struct CriuSession: ~Copyable {
    let program: String
    let pid: Int32
    private let channel: Channel
    private var isReaped = false

    /// What criu asks to be done in between.
    struct Notification {
        let script: String
        let pid: Int32?
        /// Belongs to whoever is told.
        let descriptor: Int32?
    }

    private static let longestMessage = 64 << 10

    /// The number that criu knows the first of `extra` by: after the standard streams and the socket.
    static let firstExtra: Int32 = 4

    /// - Parameters:
    ///   - streams: what becomes criu's standard streams.
    ///   - extra: what criu gets from `firstExtra` on.
    init(_ program: String, streams: [Int32], extra: [Int32] = []) throws(ContainerError) {
        let path = try Self.find(program)
        let pid: Int32
        let near: Int32
        do throws(SystemCallError) {
            let ends = try Channel.pair()
            near = ends.0
            let remote = FileDescriptor(owning: ends.1)
            do throws(SystemCallError) {
                pid = try HostProgram.spawn(
                    path, arguments: [path, "swrk", "3"], environment: environment(),
                    descriptors: streams + [remote.rawValue] + extra, session: false)
            } catch {
                _ = FileDescriptor(owning: near)
                throw error
            }
        } catch {
            throw ContainerError("start \"\(path)\"", error)
        }
        self.program = path
        self.pid = pid
        channel = Channel(FileDescriptor(owning: near))
    }

    deinit {
        if !isReaped {
            try? sendSignal(SignalNumber.kill, toProcess: pid)
            _ = try? ChildExit.wait(for: pid)
        }
    }

    private static func find(_ program: String) throws(ContainerError) -> String {
        if program.contains("/") { return program }
        let path = environment().last { $0.hasPrefix("PATH=") }?.dropFirst(5) ?? "/usr/sbin:/usr/bin:/sbin:/bin"
        for directory in path.split(separator: ":") {
            let candidate = directory + "/" + program
            if (try? FileDescriptor.open(candidate, .pathOnly)) != nil { return candidate }
        }
        throw ContainerError(
            .failedPrecondition, "\"\(program)\" is not in PATH: install criu, or name it with --criu")
    }

    /// Sends a request and answers with what criu says in the end; `notified` does what has to be done in between.
    mutating func perform(
        _ kind: CriuRequest.Kind, _ request: [UInt8],
        _ notified: (Notification) throws(ContainerError) -> Void = { (_) throws(ContainerError) in }
    ) throws(ContainerError) -> CriuFields {
        try send(request)
        while true {
            let (answer, descriptor) = try receive(kind)
            guard answer.number(1) == Int32(CriuRequest.Kind.notify.rawValue) else {
                guard answer.flag(2) == true else { throw failure(kind, answer) }
                return answer
            }
            let notification = answer.message(5)
            do throws(ContainerError) {
                try notified(
                    Notification(
                        script: notification?.text(1) ?? "", pid: notification?.number(2), descriptor: descriptor))
            } catch {
                try? send(CriuRequest.notified(success: false))
                throw error
            }
            try send(CriuRequest.notified(success: true))
        }
    }

    /// Waits until criu has ended, which it does when it has answered.
    mutating func end() {
        isReaped = true
        _ = try? ChildExit.wait(for: pid)
    }

    private func failure(_ kind: CriuRequest.Kind, _ answer: CriuFields) -> ContainerError {
        let number = answer.number(7).flatMap { $0 == 0 ? nil : Errno(rawValue: abs($0)) }
        let text = number.map { ": \($0)" } ?? ""
        return ContainerError(.failedPrecondition, "\"\(program)\": \(kind.name) failed\(text)")
    }

    private func send(_ message: [UInt8]) throws(ContainerError) {
        do {
            try message.withUnsafeBytes { buffer in
                Result { () throws(SystemCallError) in try channel.send(buffer) }
            }.get()
        } catch {
            throw ContainerError("speak to \"\(program)\"", error)
        }
    }

    private func receive(_ kind: CriuRequest.Kind) throws(ContainerError) -> (CriuFields, Int32?) {
        var bytes = [UInt8](repeating: 0, count: Self.longestMessage)
        let received: (count: Int, passed: Int32?)
        do {
            received = try bytes.withUnsafeMutableBytes { buffer in
                Result { () throws(SystemCallError) in try channel.receive(into: buffer) }
            }.get()
        } catch {
            throw ContainerError("hear from \"\(program)\"", error)
        }
        guard received.count > 0, let fields = CriuFields(bytes[..<received.count]) else {
            let what = received.count > 0 ? "answered what is no message" : "ended without an answer"
            throw ContainerError(.failedPrecondition, "\"\(program)\": \(kind.name) failed: it \(what)")
        }
        return (fields, received.passed)
    }
}

extension CriuSession {
    /// The oldest that knows all that is asked of it, as criu counts: external PID namespaces, the freezer of version 2.
    private static let oldest = 31_500

    /// Refuses a criu that is too old, or that does not work on this kernel, with what it says of the reason.
    static func check(_ program: String, feature: (number: UInt64, name: String)? = nil) throws(ContainerError) {
        let output: FileDescriptor
        do {
            output = try FileDescriptor.memoryFile("criu-output")
        } catch {
            throw ContainerError("check criu", error)
        }
        let streams = [output.rawValue, output.rawValue, output.rawValue]
        do throws(ContainerError) {
            var session = try CriuSession(program, streams: streams)
            let answer = try session.perform(.version, CriuRequest.version())
            session.end()
            let version = answer.message(10)
            let parts = [version?.number(1), version?.number(2), version?.number(4)].map { Int($0 ?? 0) }
            guard parts[0] * 10_000 + parts[1] * 100 + parts[2] >= oldest else {
                throw ContainerError(
                    .failedPrecondition,
                    "\"\(session.program)\" is too old: version 3.15 or later is needed, found \(parts[0]).\(parts[1])")
            }
            guard let feature else { return }
            var second = try CriuSession(program, streams: streams)
            let features = try second.perform(.featureCheck, CriuRequest.feature(feature.number)).message(8)
            second.end()
            guard features?.flag(feature.number) == true else {
                throw ContainerError(
                    .failedPrecondition, "\"\(second.program)\": this kernel or criu does not have \(feature.name)")
            }
        } catch {
            throw error.quoting(CriuLog.errors(of: output.rawValue))
        }
    }
}
