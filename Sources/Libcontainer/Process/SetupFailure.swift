internal import Kernel

/// Why a container's process could not be set up: the step, the object, and the kernel's answer or a refusal of our
/// own.
struct SetupFailure: Error {
    let step: SetupStep
    let object: String
    /// The call that failed, as `SystemCallError` tells it, or a reason in words when `errno` is 0.
    let reason: String
    let errno: Errno
    /// Where in config.json the step stands; empty where it stands nowhere, or has one place only.
    private var field = ""

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

    private init(step: SetupStep, object: String, reason: String, errno: Errno, field: String) {
        self.step = step
        self.object = object
        self.reason = reason
        self.errno = errno
        self.field = field
    }

    /// The same with the place in config.json that asked for the step, such as `mounts[2]`.
    func at(_ field: String) -> SetupFailure {
        var failure = self
        failure.field = field
        return failure
    }

    /// The message for people. Failures to execute are worded as runc's, which engines read for the exit code they
    /// report.
    var message: String {
        let outcome = errno.rawValue == 0 ? reason : "\(errno)"
        switch step {
        case .findExecutable, .execute: return "exec: \"\(object)\": \(outcome)"
        default:
            let place = field.isEmpty ? step.field : field
            return (place.isEmpty ? "" : place + ": ") + "\(step.description) \"\(object)\": "
                + (errno.rawValue == 0 ? reason : "\(reason): \(errno)")
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

// The form on the channel: step, errno, lengths of object and field, object, field, reason. Texts are cut to what a path
// can have, so that a message always fits.
extension SetupFailure {
    static let longestText = 4096
    static let longestField = 64
    /// What stands before the texts.
    static let headerSize = 9

    func encode() -> [UInt8] {
        let object = self.object.utf8.prefix(Self.longestText)
        let field = self.field.utf8.prefix(Self.longestField)
        let reason = self.reason.utf8.prefix(Self.longestText)
        var bytes: [UInt8] = [step.rawValue]
        withUnsafeBytes(of: errno.rawValue.littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt16(object.count).littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt16(field.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: object)
        bytes.append(contentsOf: field)
        bytes.append(contentsOf: reason)
        return bytes
    }

    /// Nil when `bytes` are no failure.
    init?(decoding bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count >= Self.headerSize, let step = SetupStep(rawValue: bytes[0]) else { return nil }
        let errno = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 1, as: Int32.self) }
        let lengths = [5, 7].map { offset in
            Int(
                UInt16(
                    littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt16.self) }))
        }
        let objectEnd = Self.headerSize + lengths[0]
        let fieldEnd = objectEnd + lengths[1]
        guard bytes.count >= fieldEnd else { return nil }
        self.init(
            step: step, object: String(decoding: bytes[Self.headerSize..<objectEnd], as: UTF8.self),
            reason: String(decoding: bytes[fieldEnd...], as: UTF8.self),
            errno: Errno(rawValue: Int32(littleEndian: errno)),
            field: String(decoding: bytes[objectEnd..<fieldEnd], as: UTF8.self))
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
