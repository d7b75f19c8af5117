import Testing

@testable import DBus

/// Bytes as GLib and systemd put them on the wire.
@Suite struct DBusTests {
    /// `busctl call org.freedesktop.systemd1 ... StopUnit ss a.scope replace`, field by field.
    private var stopUnit: DBusMessage {
        var message = DBusMessage(.call)
        message.serial = 7
        message.path = "/o"
        message.interface = "a.b"
        message.member = "StopUnit"
        message.destination = "c.d"
        message.body = [.string("a.scope"), .string("replace")]
        return message
    }

    private static let stopUnitBytes: [UInt8] =
        [
            0x6C, 1, 0, 1, 24, 0, 0, 0, 7, 0, 0, 0, 80, 0, 0, 0,
            1, 1, 0x6F, 0, 2, 0, 0, 0, 0x2F, 0x6F, 0, 0, 0, 0, 0, 0,
            2, 1, 0x73, 0, 3, 0, 0, 0, 0x61, 0x2E, 0x62, 0, 0, 0, 0, 0,
            3, 1, 0x73, 0, 8, 0, 0, 0, 0x53, 0x74, 0x6F, 0x70, 0x55, 0x6E, 0x69, 0x74, 0, 0, 0, 0, 0, 0, 0, 0,
            6, 1, 0x73, 0, 3, 0, 0, 0, 0x63, 0x2E, 0x64, 0, 0, 0, 0, 0,
            8, 1, 0x67, 0, 2, 0x73, 0x73, 0, 7, 0, 0, 0, 0x61, 0x2E, 0x73, 0x63, 0x6F, 0x70, 0x65, 0,
            7, 0, 0, 0, 0x72, 0x65, 0x70, 0x6C, 0x61, 0x63, 0x65, 0,
        ]

    @Test func `a call is laid out as the specification has it`() {
        #expect(stopUnit.encoded() == Self.stopUnitBytes)
    }

    @Test func `a message is read as it was written`() throws {
        #expect(try DBusMessage(decoding: Self.stopUnitBytes[...]) == stopUnit)
        var signal = DBusMessage(.signal)
        signal.serial = 1
        signal.body = [
            .array(
                of: "(sv)",
                [
                    .structure([.string("PIDs"), .variant(.array(of: "u", [.uint32(42)]))]),
                    .structure([.string("MemoryMax"), .variant(.uint64(.max))]),
                    .structure([.string("DeviceAllow"), .variant(.array(of: "(ss)", []))]),
                    .structure([.string("AllowedCPUs"), .variant(.bytes([1, 2, 3]))]),
                ]),
            .boolean(true), .int32(-1), .int64(-2), .double(0.5), .objectPath("/x"), .signature("a{sv}"), .byte(9),
        ]
        #expect(try DBusMessage(decoding: signal.encoded()[...]) == signal)
    }

    @Test func `a message in the other byte order is read, too`() throws {
        let bytes: [UInt8] =
            [0x42, 2, 0, 1, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 15]
            + [5, 1, 0x75, 0, 0, 0, 0, 7, 8, 1, 0x67, 0, 1, 0x75, 0, 0] + [0, 0, 1, 0]
        let message = try DBusMessage(decoding: bytes[...])
        #expect(message.replySerial == 7)
        #expect(message.body == [.uint32(256)])
    }

    @Test func `a message is whole only when all of it is there`() throws {
        for count in 0..<Self.stopUnitBytes.count {
            let part = Self.stopUnitBytes[..<count]
            #expect(try DBusMessage.length(of: part) == (count < 16 ? nil : Self.stopUnitBytes.count))
            #expect(throws: DBusFormatError.self) { try DBusMessage(decoding: part) }
        }
    }

    @Test func `lengths and types of a hostile peer are refused`() {
        var huge = Self.stopUnitBytes
        huge.replaceSubrange(4..<8, with: [0xFF, 0xFF, 0xFF, 0x7F])
        #expect(throws: DBusFormatError.self) { try DBusMessage.length(of: huge[...]) }
        // Each byte changed in turn must end in an answer or an error, never in a trap.
        for index in Self.stopUnitBytes.indices {
            for value: UInt8 in [0, 1, 0x61, 0x28, 0x76, 0xFF] {
                var changed = Self.stopUnitBytes
                changed[index] = value
                _ = try? DBusMessage(decoding: changed[...])
            }
        }
        var nested = DBusReader([UInt8](repeating: 0, count: 64)[...], isBigEndian: false)
        #expect(throws: DBusFormatError.self) {
            try nested.values(String(repeating: "(", count: 100) + "y" + String(repeating: ")", count: 100))
        }
        for signature in ["a", "(y", "a)", "(y}", "z"] {
            var reader = DBusReader([UInt8](repeating: 0, count: 64)[...], isBigEndian: false)
            #expect(throws: DBusFormatError.self, "\(signature)") { try reader.values(signature) }
        }
    }

    @Test func `the address of a bus is its first socket in the file system`() {
        #expect(DBusAddress(bus: "unix:path=/run/bus") == DBusAddress(path: "/run/bus", isBus: true))
        #expect(
            DBusAddress(bus: "tcp:host=a;unix:abstract=/x;unix:guid=1,path=/a%20b")
                == DBusAddress(path: "/a b", isBus: true))
        #expect(DBusAddress(bus: "unix:abstract=/x") == nil)
        #expect(DBusAddress(bus: "") == nil)
    }
}
