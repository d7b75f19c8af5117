internal import FoundationEssentials
internal import Model
internal import SwiftProtobuf

extension Google_Protobuf_Any {
    init(_ payload: TypedPayload) {
        self.init()
        typeURL = payload.typeURL
        value = .init(payload.value)
    }
}

extension TypedPayload {
    init(_ message: Google_Protobuf_Any) {
        self.init(typeURL: message.typeURL, value: Array(message.value))
    }
}

extension Timestamp {
    init(_ message: Google_Protobuf_Timestamp) {
        self.init(seconds: message.seconds, nanoseconds: message.nanos)
    }
}
