/// A kind of device node.
package enum LinuxDeviceType: String, JSONEnumeration {
    package static var jsonName: String { "device type" }

    case character = "c"
    /// As `c`.
    case unbufferedCharacter = "u"
    case block = "b"
    case fifo = "p"
}
