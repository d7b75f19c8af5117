/// What a container's process gets as its standard streams.
package enum ProcessIO: Sendable {
    /// Descriptors of the caller, who keeps them. `extra` are handed on as 3, 4, ..., in order.
    case descriptors(stdin: Int32, stdout: Int32, stderr: Int32, extra: [Int32] = [])
    /// A new pseudo-terminal of the container's own devpts; the caller gets its master. A size of 0 is left as it is.
    case terminal(width: UInt16, height: UInt16)
}
