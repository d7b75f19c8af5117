/// A message whose type is named beside it, kept as the client sent it: `google.protobuf.Any`.
package struct TypedPayload: Hashable, Sendable {
    package var typeURL: String
    package var value: [UInt8]

    package init(typeURL: String, value: [UInt8]) {
        self.typeURL = typeURL
        self.value = value
    }
}
