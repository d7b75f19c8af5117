internal import CLinux

/// Network devices and their addresses, by the kernel's routing messages. See rtnetlink(7).
package struct RouteSocket: ~Copyable {
    private let descriptor: FileDescriptor

    /// An address of a device, as the kernel tells it and takes it back.
    package struct Address: Sendable {
        fileprivate let family: UInt8
        fileprivate let prefixLength: UInt8
        fileprivate let attributes: [(kind: UInt16, value: [UInt8])]
    }

    /// A socket of the network namespace that the caller is in, wherever it goes later.
    package init() throws(SystemCallError) {
        let kind = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = FileDescriptor(owning: try checked("socket") { socket(AF_NETLINK, kind, Self.routes) })
    }

    private static let routes: Int32 = 0

    /// The index of the device of that name. `ENODEV` where there is none.
    package borrowing func index(of name: String) throws(SystemCallError) -> UInt32 {
        var message = RouteMessage(.getLink, size: LinkHeader.size)
        message.attribute(LinkAttribute.name, text: name)
        guard let answer = try exchange(message, on: name).first, answer.count >= LinkHeader.size else {
            throw SystemCallError("netlink", on: name, errno: .noDevice)
        }
        return answer.word(LinkHeader.index)
    }

    /// The addresses of a device that somebody gave it for use beyond its link; not those that the kernel made up.
    package borrowing func addresses(of index: UInt32) throws(SystemCallError) -> [Address] {
        let message = RouteMessage(.getAddress, size: AddressHeader.size, flags: RouteMessage.dump)
        return try exchange(message, on: nil).compactMap { (answer: [UInt8]) -> Address? in
            guard answer.count >= AddressHeader.size, answer.word(AddressHeader.index) == index,
                answer[AddressHeader.scope] == AddressHeader.global
            else { return nil }
            let all = RouteMessage.attributes(of: answer, from: AddressHeader.size)
            let flags = all.first { $0.kind == AddressAttribute.flags }?.value.word(0) ?? UInt32(answer[2])
            guard flags & AddressHeader.permanent != 0 else { return nil }
            return Address(
                family: answer[0], prefixLength: answer[1],
                attributes: all.filter { AddressAttribute.kept.contains($0.kind) })
        }
    }

    /// Moves a device into another network namespace, where it has that name, no addresses, and is down.
    package borrowing func move(_ index: UInt32, to namespace: Int32, name: String) throws(SystemCallError) {
        var message = RouteMessage(.newLink, size: LinkHeader.size)
        message.set(LinkHeader.index, index)
        message.attribute(LinkAttribute.namespace, word: UInt32(bitPattern: namespace))
        message.attribute(LinkAttribute.name, text: name)
        _ = try exchange(message, on: name)
    }

    package borrowing func add(_ address: Address, to index: UInt32) throws(SystemCallError) {
        var message = RouteMessage(.newAddress, size: AddressHeader.size, flags: RouteMessage.create)
        message.set(byte: 0, address.family)
        message.set(byte: 1, address.prefixLength)
        message.set(AddressHeader.index, index)
        for (kind, value) in address.attributes { message.attribute(kind, value) }
        _ = try exchange(message, on: nil)
    }

    package borrowing func raise(_ index: UInt32) throws(SystemCallError) {
        let up: UInt32 = 1
        var message = RouteMessage(.newLink, size: LinkHeader.size)
        message.set(LinkHeader.index, index)
        message.set(LinkHeader.flags, up)
        message.set(LinkHeader.change, up)
        _ = try exchange(message, on: nil)
    }

    /// Sends a request and answers the messages that come back, without their headers, up to the acknowledgement.
    private borrowing func exchange(_ message: RouteMessage, on name: String?) throws(SystemCallError) -> [[UInt8]] {
        let bytes = message.finished
        let number = descriptor.rawValue
        let sent = bytes.withUnsafeBytes { send(number, $0.baseAddress, $0.count, 0) }
        if sent < 0 { throw SystemCallError("netlink", on: name) }
        var answers: [[UInt8]] = []
        while true {
            var datagram = [UInt8](repeating: 0, count: 1 << 16)
            let count = try retrying("netlink", on: name) {
                datagram.withUnsafeMutableBytes { recv(number, $0.baseAddress, $0.count, 0) }
            }
            if count == 0 { throw SystemCallError("netlink", on: name, errno: .inputOutput) }
            var rest = datagram[..<count]
            while rest.count >= RouteMessage.headerSize {
                let one = Array(rest)
                let length = Int(one.word(0))
                guard length >= RouteMessage.headerSize, length <= one.count else {
                    throw SystemCallError("netlink", on: name, errno: .inputOutput)
                }
                let payload = Array(one[RouteMessage.headerSize..<length])
                switch one.half(4) {
                case RouteMessage.error:
                    let code = Int32(bitPattern: payload.word(0))
                    if code != 0 { throw SystemCallError("netlink", on: name, errno: Errno(rawValue: -code)) }
                    return answers
                case RouteMessage.done: return answers
                default: answers.append(payload)
                }
                rest = rest.dropFirst((length + 3) & ~3)
            }
        }
    }
}

/// `struct ifinfomsg`.
private enum LinkHeader {
    static let size = 16
    static let index = 4
    static let flags = 8
    static let change = 12
}

/// `struct ifaddrmsg`: family, prefix length, flags, scope, index.
private enum AddressHeader {
    static let size = 8
    static let scope = 3
    static let index = 4
    static let global: UInt8 = 0
    static let permanent: UInt32 = 0x80
}

/// `IFLA_*` of linux/if_link.h.
private enum LinkAttribute {
    static let name: UInt16 = 3
    static let namespace: UInt16 = 28
}

/// `IFA_*` of linux/if_addr.h.
private enum AddressAttribute {
    static let flags: UInt16 = 8
    /// Address, local address, broadcast address.
    static let kept: Set<UInt16> = [1, 2, 4]
}

/// A message of netlink(7) being built: `struct nlmsghdr`, a header of its kind, attributes.
private struct RouteMessage {
    enum Kind: UInt16 {
        case newLink = 16
        case getLink = 18
        case newAddress = 20
        case getAddress = 22
    }

    static let headerSize = 16
    static let error: UInt16 = 2
    static let done: UInt16 = 3
    private static let request: UInt16 = 0x01
    private static let acknowledge: UInt16 = 0x04
    static let dump: UInt16 = 0x300
    static let create: UInt16 = 0x600

    private var bytes: [UInt8]

    init(_ kind: Kind, size: Int, flags: UInt16 = 0) {
        bytes = Array(repeating: 0, count: Self.headerSize + size)
        put(kind.rawValue, at: 4)
        // A dump ends by itself.
        put(Self.request | (flags == Self.dump ? 0 : Self.acknowledge) | flags, at: 6)
    }

    private mutating func put(_ value: some FixedWidthInteger, at offset: Int) {
        withUnsafeBytes(of: value) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
    }

    mutating func set(_ offset: Int, _ value: UInt32) { put(value, at: Self.headerSize + offset) }

    mutating func set(byte offset: Int, _ value: UInt8) { bytes[Self.headerSize + offset] = value }

    mutating func attribute(_ kind: UInt16, _ value: [UInt8]) {
        let start = bytes.count
        bytes += [0, 0, 0, 0] + value
        put(UInt16(4 + value.count), at: start)
        put(kind, at: start + 2)
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    mutating func attribute(_ kind: UInt16, text: String) { attribute(kind, Array(text.utf8) + [0]) }

    mutating func attribute(_ kind: UInt16, word: UInt32) {
        attribute(kind, withUnsafeBytes(of: word) { Array($0) })
    }

    var finished: [UInt8] {
        var message = self
        message.put(UInt32(bytes.count), at: 0)
        return message.bytes
    }

    static func attributes(of bytes: [UInt8], from start: Int) -> [(kind: UInt16, value: [UInt8])] {
        var found: [(kind: UInt16, value: [UInt8])] = []
        var offset = start
        while offset + 4 <= bytes.count {
            let length = Int(bytes.half(offset))
            guard length >= 4, offset + length <= bytes.count else { break }
            // The two highest bits tell of the value's form.
            found.append((bytes.half(offset + 2) & 0x3FFF, Array(bytes[offset + 4..<offset + length])))
            offset += (length + 3) & ~3
        }
        return found
    }
}

extension [UInt8] {
    /// The machine's number of four bytes there; 0 beyond the end.
    fileprivate func word(_ offset: Int) -> UInt32 {
        guard offset + 4 <= count else { return 0 }
        return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
    }

    fileprivate func half(_ offset: Int) -> UInt16 {
        guard offset + 2 <= count else { return 0 }
        return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt16.self) }
    }
}
