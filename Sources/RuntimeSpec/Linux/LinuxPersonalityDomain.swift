/// A domain of personality(2).
package enum LinuxPersonalityDomain: String, JSONEnumeration {
    package static var jsonName: String { "personality" }

    case linux = "LINUX"
    /// A 32-bit system, as uname(2) tells it.
    case linux32 = "LINUX32"
}
