internal import DBus

/// A property of a unit, as calls of systemd's manager take it. See org.freedesktop.systemd1(5).
struct SystemdProperty: Equatable {
    let name: String
    let value: DBusValue

    init(_ name: String, _ value: DBusValue) {
        self.name = name
        self.value = value
    }

    static func list(_ properties: [SystemdProperty]) -> DBusValue {
        .array(of: "(sv)", properties.map { .structure([.string($0.name), .variant($0.value)]) })
    }
}

extension SystemdProperty {
    /// What a container's unit is, whatever its limits are.
    static func identity(of unit: SystemdUnit, containerID: String, process: Int32, isUnified: Bool) -> [Self] {
        var properties = [SystemdProperty("Description", .string("container \(containerID)"))]
        if unit.isSlice {
            properties.append(SystemdProperty("Wants", .strings([unit.slice])))
        } else {
            properties.append(SystemdProperty("Slice", .string(unit.slice)))
            properties.append(SystemdProperty("Delegate", .boolean(true)))
            properties.append(SystemdProperty("PIDs", .array(of: "u", [.uint32(UInt32(bitPattern: process))])))
        }
        for name in ["Memory", "CPU", isUnified ? "IO" : "BlockIO", "Tasks"] {
            properties.append(SystemdProperty(name + "Accounting", .boolean(true)))
        }
        // A container is no part of the machine's start and stop.
        properties.append(SystemdProperty("DefaultDependencies", .boolean(false)))
        return properties
    }
}
