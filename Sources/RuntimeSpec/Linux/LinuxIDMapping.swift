/// A range of user or group IDs. See user_namespaces(7).
package struct LinuxIDMapping: Sendable, Equatable {
    package var containerID: UInt32 = 0
    package var hostID: UInt32 = 0
    package var size: UInt32 = 0

    package init() {}

    package init(containerID: UInt32, hostID: UInt32, size: UInt32) {
        self.containerID = containerID
        self.hostID = hostID
        self.size = size
    }
}

extension LinuxIDMapping: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("containerID", &containerID)
        try json.required("hostID", &hostID)
        try json.required("size", &size)
    }
}
