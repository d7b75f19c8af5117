/// Where a D-Bus peer listens: the path of a Unix socket.
package struct DBusAddress: Equatable, Sendable {
    package let path: String
    /// Whether a bus is there, which passes messages on by name; otherwise the service itself.
    package let isBus: Bool

    package init(path: String, isBus: Bool) {
        self.path = path
        self.isBus = isBus
    }

    /// The first Unix socket of a bus that a list of addresses names, as DBUS_SYSTEM_BUS_ADDRESS has it:
    /// `unix:path=/run/bus,guid=...;...`. Nil if there is none; abstract sockets, which belong to a network namespace,
    /// count as none. See the D-Bus specification, "Server Addresses".
    package init?(bus list: String) {
        for address in list.split(separator: ";") where address.hasPrefix("unix:") {
            for pair in address.dropFirst(5).split(separator: ",") where pair.hasPrefix("path=") {
                self.init(path: Self.unescaped(pair.dropFirst(5)), isBus: true)
                return
            }
        }
        return nil
    }

    /// Bytes may be written as `%2f`.
    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2, let code = UInt8(String(rest.prefix(2)) ?? "", radix: 16) {
                bytes.append(code)
                rest.removeFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
