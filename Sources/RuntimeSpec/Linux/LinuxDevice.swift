/// A device node in the container. See mknod(2).
package struct LinuxDevice: Sendable, Equatable {
    /// Absolute.
    package var path: String = ""

    package var type: LinuxDeviceType = .character
    package var major: Int64 = 0
    package var minor: Int64 = 0

    /// Permission bits; nil is 0666.
    package var fileMode: UInt32?

    package var uid: UInt32?
    package var gid: UInt32?

    package init() {}

    package init(
        path: String, type: LinuxDeviceType, major: Int64 = 0, minor: Int64 = 0, fileMode: UInt32? = nil,
        uid: UInt32? = nil, gid: UInt32? = nil
    ) {
        self.path = path
        self.type = type
        self.major = major
        self.minor = minor
        self.fileMode = fileMode
        self.uid = uid
        self.gid = gid
    }
}

extension LinuxDevice: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("path", &path)
        try json.required("type", &type)
        try json.field("major", &major)
        try json.field("minor", &minor)
        try json.field("fileMode", &fileMode)
        try json.field("uid", &uid)
        try json.field("gid", &gid)
    }
}
