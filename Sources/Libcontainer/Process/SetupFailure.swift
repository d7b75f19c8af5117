internal import Kernel

/// Why a container's process could not be set up: the step, the object, and the kernel's answer or a refusal of our
/// own.
struct SetupFailure: Error {
    let step: SetupStep
    let object: String
    /// The call that failed, as `SystemCallError` tells it, or a reason in words when `errno` is 0.
    let reason: String
    let errno: Errno

    init(_ step: SetupStep, _ object: String, _ error: SystemCallError) {
        self.step = step
        self.object = object
        self.reason =
            error.object == object || error.object == nil ? error.operation : "\(error.operation) \"\(error.object!)\""
        self.errno = error.errno
    }

    /// A refusal: the kernel was not asked.
    init(_ step: SetupStep, _ object: String, refused reason: String) {
        self.step = step
        self.object = object
        self.reason = reason
        self.errno = Errno(rawValue: 0)
    }

    private init(step: SetupStep, object: String, reason: String, errno: Errno) {
        self.step = step
        self.object = object
        self.reason = reason
        self.errno = errno
    }

    /// The message for people. Failures to execute are worded as runc's, which engines read for the exit code they
    /// report.
    var message: String {
        let outcome = errno.rawValue == 0 ? reason : "\(errno)"
        switch step {
        case .findExecutable, .execute: return "exec: \"\(object)\": \(outcome)"
        default: return "\(step.description) \"\(object)\": " + (errno.rawValue == 0 ? reason : "\(reason): \(errno)")
        }
    }

    var containerError: ContainerError {
        let code: ContainerError.Code
        switch step {
        case .findExecutable: code = errno.rawValue == 0 ? .notFound : ContainerError.Code(errno)
        case .hook: code = errno.rawValue == 0 ? .failedPrecondition : ContainerError.Code(errno)
        default: code = errno.rawValue == 0 ? .invalidArgument : ContainerError.Code(errno)
        }
        // Of a container's set-up, "exists" says that some file of it was in the way, not that the container exists.
        return ContainerError(code == .alreadyExists ? .failedPrecondition : code, message)
    }
}

// The form on the channel: step, errno, length of the object, object, reason. Texts are cut to what a path can have, so
// that a message always fits.
extension SetupFailure {
    static let longestText = 4096

    func encode() -> [UInt8] {
        let object = self.object.utf8.prefix(Self.longestText)
        let reason = self.reason.utf8.prefix(Self.longestText)
        var bytes: [UInt8] = [step.rawValue]
        withUnsafeBytes(of: errno.rawValue.littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt16(object.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: object)
        bytes.append(contentsOf: reason)
        return bytes
    }

    /// Nil when `bytes` are no failure.
    init?(decoding bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count >= 7, let step = SetupStep(rawValue: bytes[0]) else { return nil }
        let errno = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 1, as: Int32.self) }
        let length = Int(bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 5, as: UInt16.self) })
        guard bytes.count >= 7 + length else { return nil }
        self.init(
            step: step, object: String(decoding: bytes[7..<7 + length], as: UTF8.self),
            reason: String(decoding: bytes[(7 + length)...], as: UTF8.self),
            errno: Errno(rawValue: Int32(littleEndian: errno)))
    }
}

/// Runs kernel calls as part of `step` on `object`, so that a failure names both.
@inline(__always)
func during<Result: ~Copyable>(
    _ step: SetupStep, _ object: @autoclosure () -> String, _ body: () throws(SystemCallError) -> Result
) throws(SetupFailure) -> Result {
    do {
        return try body()
    } catch {
        throw SetupFailure(step, object(), error)
    }
}
