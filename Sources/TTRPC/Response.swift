/// `ttrpc.Response`: the encoded answer of a call, or why there is none.
package enum Response: Hashable, Sendable {
    case success([UInt8])
    case failure(Status)

    /// Reads an envelope. A status whose code is OK counts as none, as containerd sends it.
    package init(reading bytes: UnsafeRawBufferPointer) throws(WireError) {
        var status: Status?
        var payload: [UInt8] = []
        var reader = WireReader(bytes)
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: status = try Status(reading: try reader.bytes(of: tag))
            case 2: payload = Array(try reader.bytes(of: tag))
            default: try reader.skip(tag)
            }
        }
        if let status, status.code != .ok {
            self = .failure(status)
        } else {
            self = .success(payload)
        }
    }

    func write(to output: inout [UInt8]) {
        switch self {
        case .success(let payload):
            if !payload.isEmpty { output.appendField(2, message: payload) }
        case .failure(let status):
            var message: [UInt8] = []
            status.write(to: &message)
            output.appendField(1, message: message)
        }
    }
}

/// One frame around a message that `body` writes.
func frame(
    stream: UInt32, type: MessageType, flags: MessageFlags = [], reserving capacity: Int,
    _ body: (inout [UInt8]) -> Void
) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(FrameHeader.size + capacity)
    FrameHeader(length: 0, stream: stream, type: type, flags: flags).write(to: &output)
    body(&output)
    // A payload that no 32 bits can count is above every limit; the caller refuses it by its size.
    let length = UInt32(clamping: output.count - FrameHeader.size)
    withUnsafeBytes(of: length.bigEndian) { output.replaceSubrange(0..<4, with: $0) }
    return output
}
