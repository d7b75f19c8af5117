/// Where a container stands in its life.
package enum ContainerStatus: String, JSONEnumeration {
    package static var jsonName: String { "container status" }

    case creating
    case created
    case running
    /// Not of the specification; as runc reports a frozen container.
    case paused
    case stopped
}
