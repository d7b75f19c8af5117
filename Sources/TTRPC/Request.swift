/// `ttrpc.Request`: a call of one method with its encoded argument.
package struct Request: Hashable, Sendable {
    /// One entry of the metadata; a key may occur more than once.
    package struct Metadata: Hashable, Sendable {
        package var key: String
        package var value: String

        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// The full name, as "containerd.task.v2.Task".
    package var service: String
    package var method: String
    /// The method's own message, encoded.
    package var payload: [UInt8]
    /// How long the client waits, in nanoseconds from the call on; 0 is for ever.
    package var timeout: Int64
    /// containerd sends the namespace under "containerd-namespace-ttrpc".
    package var metadata: [Metadata]

    package init(
        service: String, method: String, payload: [UInt8], timeout: Int64 = 0, metadata: [Metadata] = []
    ) {
        self.service = service
        self.method = method
        self.payload = payload
        self.timeout = timeout
        self.metadata = metadata
    }

    /// The first value under `key`.
    package func metadata(_ key: String) -> String? {
        metadata.first { $0.key == key }?.value
    }

    /// Reads an envelope; unknown fields are skipped, the last of a repeated singular field wins.
    package init(reading bytes: UnsafeRawBufferPointer) throws(WireError) {
        self.init(service: "", method: "", payload: [])
        var reader = WireReader(bytes)
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: service = try reader.text(of: tag)
            case 2: method = try reader.text(of: tag)
            case 3: payload = Array(try reader.bytes(of: tag))
            case 4: timeout = Int64(bitPattern: try reader.varint(of: tag))
            case 5: metadata.append(try Metadata(reading: try reader.bytes(of: tag)))
            default: try reader.skip(tag)
            }
        }
    }

    func write(to output: inout [UInt8]) {
        output.appendField(1, text: service)
        output.appendField(2, text: method)
        if !payload.isEmpty { output.appendField(3, message: payload) }
        output.appendField(4, varint: UInt64(bitPattern: timeout))
        for entry in metadata {
            var message: [UInt8] = []
            message.appendField(1, text: entry.key)
            message.appendField(2, text: entry.value)
            output.appendField(5, message: message)
        }
    }
}

extension Request.Metadata {
    init(reading bytes: UnsafeRawBufferPointer) throws(WireError) {
        self.init(key: "", value: "")
        var reader = WireReader(bytes)
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: key = try reader.text(of: tag)
            case 2: value = try reader.text(of: tag)
            default: try reader.skip(tag)
            }
        }
    }
}
