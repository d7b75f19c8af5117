/// The kind of device nodes that a ``DeviceRule`` concerns.
package enum DeviceRuleType: String, JSONEnumeration {
    package static var jsonName: String { "device type" }

    case all = "a"
    case character = "c"
    case block = "b"
}
