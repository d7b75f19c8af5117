/// A system call that failed: which call, on what, and the kernel's answer.
///
/// The only error that `Kernel` throws. Rooms above add what they were doing; the conversion to an exit
/// status, a ttrpc or a gRPC status happens at the edge of the process.
package struct SystemCallError: Error, Sendable {
    /// The call's name, as in its man page: "openat2".
    package let operation: String

    /// The path, process or other object the call was made on, where it has one.
    package let object: String?

    package let errno: Errno

    package init(_ operation: String, on object: String? = nil, errno: Errno = .current) {
        self.operation = operation
        self.object = object
        self.errno = errno
    }
}

extension SystemCallError: CustomStringConvertible {
    package var description: String {
        guard let object else { return "\(operation): \(errno)" }
        return "\(operation) \"\(object)\": \(errno)"
    }
}

/// Runs a call that answers -1 on failure, again while a signal interrupts it.
@discardableResult
@inline(__always)
package func retrying<Result: SignedInteger>(
    _ operation: @autoclosure () -> String, on object: @autoclosure () -> String? = nil,
    _ call: () -> Result
) throws(SystemCallError) -> Result {
    while true {
        let result = call()
        if result != -1 { return result }
        let errno = Errno.current
        if errno != .interrupted { throw SystemCallError(operation(), on: object(), errno: errno) }
    }
}

/// Runs a call that answers -1 on failure, once: for calls that must not be repeated after EINTR, such as close(2).
@discardableResult
@inline(__always)
package func checked<Result: SignedInteger>(
    _ operation: @autoclosure () -> String, on object: @autoclosure () -> String? = nil,
    _ call: () -> Result
) throws(SystemCallError) -> Result {
    let result = call()
    if result == -1 { throw SystemCallError(operation(), on: object(), errno: .current) }
    return result
}
