internal import GRPCCore
internal import HTTP2

/// gRPC's requests, answers and statuses as header fields, and back.
enum Fields {
    static let contentType = HeaderField("content-type", "application/grpc")

    static func request(_ method: MethodDescriptor, _ metadata: Metadata) -> [HeaderField] {
        let service = method.service.fullyQualifiedService
        return [
            HeaderField(":method", "POST"), HeaderField(":scheme", "http"),
            HeaderField(":path", "/\(service)/\(method.method)"), HeaderField(":authority", "localhost"),
            contentType, HeaderField("te", "trailers"),
        ] + fields(of: metadata)
    }

    static func answer(_ metadata: Metadata) -> [HeaderField] {
        [HeaderField(":status", "200"), contentType] + fields(of: metadata)
    }

    /// - Parameter code: of HTTP, when gRPC's own status is not understood, as with a request that is none of gRPC.
    static func refusal(_ code: Int) -> [HeaderField] {
        [HeaderField(":status", "\(code)")]
    }

    static func trailers(_ status: Status, _ metadata: Metadata) -> [HeaderField] {
        var fields = [HeaderField("grpc-status", "\(status.code.rawValue)")]
        if !status.message.isEmpty {
            fields.append(HeaderField("grpc-message", StatusMessage.encoded(status.message)))
        }
        return fields + self.fields(of: metadata)
    }

    /// What a peer sent along: all that is neither HTTP's nor gRPC's own.
    static func metadata(_ fields: [HeaderField]) -> Metadata {
        var metadata = Metadata()
        metadata.reserveCapacity(fields.count)
        for field in fields where !field.name.hasPrefix(":") && !own.contains(field.name) {
            metadata.addString(field.value, forKey: field.name)
        }
        return metadata
    }

    /// The status that trailers, or an answer that is nothing else, carry.
    static func status(_ fields: [HeaderField]) -> Status {
        guard let text = value("grpc-status", fields) else {
            return Status(code: .unknown, message: "the server ended the call without a status")
        }
        guard let number = Int(text), let code = Status.Code(rawValue: number) else {
            return Status(code: .unknown, message: "the server ended the call with status \"\(text)\"")
        }
        return Status(code: code, message: StatusMessage.decoded(value("grpc-message", fields) ?? ""))
    }

    /// The status for an answer of HTTP that is none of gRPC's.
    static func status(httpCode: String) -> Status {
        let code: Status.Code =
            switch httpCode {
            case "400": .internalError
            case "401": .unauthenticated
            case "403": .permissionDenied
            case "404": .unimplemented
            case "429", "502", "503", "504": .unavailable
            default: .unknown
            }
        return Status(code: code, message: "the server answered with HTTP status \(httpCode)")
    }

    static func value(_ name: String, _ fields: [HeaderField]) -> String? {
        fields.first { $0.name == name }?.value
    }

    private static let own: Set<String> = [
        "content-type", "te", "grpc-encoding", "grpc-accept-encoding", "grpc-status", "grpc-message",
    ]

    private static func fields(of metadata: Metadata) -> [HeaderField] {
        metadata.map { HeaderField($0.key.lowercased(), $0.value.encoded()) }
    }
}
