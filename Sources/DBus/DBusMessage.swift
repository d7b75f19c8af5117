/// One message. See the D-Bus specification, "Message Format".
package struct DBusMessage: Equatable, Sendable {
    package enum Kind: UInt8, Sendable {
        case call = 1
        case reply = 2
        case error = 3
        case signal = 4
    }

    package var kind: Kind
    /// Numbers a sender's messages; never 0.
    package var serial: UInt32 = 0
    package var path: String?
    package var interface: String?
    package var member: String?
    package var errorName: String?
    package var replySerial: UInt32?
    package var destination: String?
    package var body: [DBusValue] = []

    package init(_ kind: Kind) {
        self.kind = kind
    }

    private static let littleEndian = UInt8(ascii: "l")
    private static let version: UInt8 = 1

    /// What stands before the fields of the header, with their length.
    static let prefixSize = 16

    /// What a reply of a service manager may come to; a peer that announces more is not understood.
    private static let longest = 4 << 20

    package func encoded() -> [UInt8] {
        var content = DBusWriter()
        for value in body { content.append(value) }
        var writer = DBusWriter()
        writer.append(contentsOf: [Self.littleEndian, kind.rawValue, 0, Self.version])
        writer.append(UInt32(content.bytes.count))
        writer.append(serial)
        writer.append(.array(of: "(yv)", fields))
        writer.align(to: 8)
        writer.append(contentsOf: content.bytes)
        return writer.bytes
    }

    private var fields: [DBusValue] {
        var fields: [DBusValue] = []
        func add(_ code: UInt8, _ value: DBusValue?) {
            if let value { fields.append(.structure([.byte(code), .variant(value)])) }
        }
        add(1, path.map { .objectPath($0) })
        add(2, interface.map { .string($0) })
        add(3, member.map { .string($0) })
        add(4, errorName.map { .string($0) })
        add(5, replySerial.map { .uint32($0) })
        add(6, destination.map { .string($0) })
        let signature = body.map(\.typeSignature).joined()
        add(8, signature.isEmpty ? nil : .signature(signature))
        return fields
    }

    /// How long the message is that begins with these bytes; nil if there are too few to tell.
    package static func length(of bytes: ArraySlice<UInt8>) throws(DBusFormatError) -> Int? {
        guard bytes.count >= prefixSize else { return nil }
        let isBigEndian = try isBigEndian(bytes)
        var reader = DBusReader(bytes.dropFirst(4), isBigEndian: isBigEndian)
        let lengths = try reader.values("uuu")
        guard case .uint32(let body) = lengths[0], case .uint32(let fields) = lengths[2] else { return nil }
        let header = (prefixSize + Int(fields) + 7) & ~7
        guard header + Int(body) <= longest else {
            throw DBusFormatError(
                message: "expected a message of at most \(longest) bytes, found \(header + Int(body))")
        }
        return header + Int(body)
    }

    private static func isBigEndian(_ bytes: ArraySlice<UInt8>) throws(DBusFormatError) -> Bool {
        switch bytes.first {
        case littleEndian: return false
        case UInt8(ascii: "B"): return true
        default: throw DBusFormatError(message: "expected a message, found a byte order that does not exist")
        }
    }

    /// One whole message.
    package init(decoding bytes: ArraySlice<UInt8>) throws(DBusFormatError) {
        guard let length = try Self.length(of: bytes), length == bytes.count else {
            throw DBusFormatError(message: "expected a whole message")
        }
        let isBigEndian = try Self.isBigEndian(bytes)
        var reader = DBusReader(bytes, isBigEndian: isBigEndian)
        let header = try reader.values("yyyyuua(yv)")
        guard case .byte(let code) = header[1], let kind = Kind(rawValue: code), case .uint32(let serial) = header[5],
            case .uint32(let bodyLength) = header[4], case .array(_, let fields) = header[6]
        else { throw DBusFormatError(message: "expected a call, a reply, an error or a signal") }
        self.init(kind)
        self.serial = serial
        var signature = ""
        for field in fields {
            guard case .structure(let pair) = field, case .byte(let code)? = pair.first, let value = pair.last else {
                continue
            }
            switch code {
            case 1: path = value.text
            case 2: interface = value.text
            case 3: member = value.text
            case 4: errorName = value.text
            case 5: if case .variant(.uint32(let number)) = value { replySerial = number }
            case 6: destination = value.text
            case 8: signature = value.text ?? ""
            default: break
            }
        }
        var content = DBusReader(bytes.suffix(Int(bodyLength)), isBigEndian: isBigEndian)
        body = try content.values(signature)
    }
}
