/// The outcome of a call, numbered as gRPC numbers it.
package struct StatusCode: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    package static let ok = StatusCode(rawValue: 0)
    package static let cancelled = StatusCode(rawValue: 1)
    package static let unknown = StatusCode(rawValue: 2)
    package static let invalidArgument = StatusCode(rawValue: 3)
    package static let deadlineExceeded = StatusCode(rawValue: 4)
    package static let notFound = StatusCode(rawValue: 5)
    package static let alreadyExists = StatusCode(rawValue: 6)
    package static let permissionDenied = StatusCode(rawValue: 7)
    package static let resourceExhausted = StatusCode(rawValue: 8)
    package static let failedPrecondition = StatusCode(rawValue: 9)
    package static let aborted = StatusCode(rawValue: 10)
    package static let outOfRange = StatusCode(rawValue: 11)
    package static let unimplemented = StatusCode(rawValue: 12)
    package static let `internal` = StatusCode(rawValue: 13)
    package static let unavailable = StatusCode(rawValue: 14)
    package static let dataLoss = StatusCode(rawValue: 15)
    package static let unauthenticated = StatusCode(rawValue: 16)
}

/// `google.rpc.Status`: why a call failed.
package struct Status: Error, Hashable, Sendable {
    package var code: StatusCode
    package var message: String
    /// Encoded `google.protobuf.Any` messages, handed through as they came.
    package var details: [[UInt8]]

    package init(_ code: StatusCode, _ message: String, details: [[UInt8]] = []) {
        self.code = code
        self.message = message
        self.details = details
    }

    init(reading bytes: UnsafeRawBufferPointer) throws(WireError) {
        self.init(.ok, "")
        var reader = WireReader(bytes)
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: code = StatusCode(rawValue: Int32(truncatingIfNeeded: try reader.varint(of: tag)))
            // A message is for people: text that is not UTF-8 is repaired rather than lost.
            case 2: message = String(decoding: try reader.bytes(of: tag), as: UTF8.self)
            case 3: details.append(Array(try reader.bytes(of: tag)))
            default: try reader.skip(tag)
            }
        }
    }

    func write(to output: inout [UInt8]) {
        output.appendField(1, varint: UInt64(bitPattern: Int64(code.rawValue)))
        output.appendField(2, text: message)
        for detail in details { output.appendField(3, message: detail) }
    }
}
