/// A value of D-Bus, as far as service managers are told and asked such. See the D-Bus specification, "Type system".
package indirect enum DBusValue: Equatable, Sendable {
    case byte(UInt8)
    case boolean(Bool)
    case int32(Int32)
    case uint32(UInt32)
    case int64(Int64)
    case uint64(UInt64)
    case double(Double)
    case string(String)
    case objectPath(String)
    case signature(String)
    /// The signature of an element, which an array without elements has, too.
    case array(of: String, [DBusValue])
    case structure([DBusValue])
    case variant(DBusValue)

    package static func strings(_ values: [String]) -> DBusValue {
        .array(of: "s", values.map { .string($0) })
    }

    package static func bytes(_ values: [UInt8]) -> DBusValue {
        .array(of: "y", values.map { .byte($0) })
    }

    /// The type, as the wire names it.
    package var typeSignature: String {
        switch self {
        case .byte: "y"
        case .boolean: "b"
        case .int32: "i"
        case .uint32: "u"
        case .int64: "x"
        case .uint64: "t"
        case .double: "d"
        case .string: "s"
        case .objectPath: "o"
        case .signature: "g"
        case .array(let element, _): "a" + element
        case .structure(let members): "(" + members.map(\.typeSignature).joined() + ")"
        case .variant: "v"
        }
    }

    /// The text of a string, an object path or a signature.
    package var text: String? {
        switch self {
        case .string(let text), .objectPath(let text), .signature(let text): text
        case .variant(let value): value.text
        default: nil
        }
    }
}

/// What a peer sent that is no D-Bus.
package struct DBusFormatError: Error, Equatable {
    package let message: String
}
