/// Whom a process runs as. Numbers only: names are the engine's to resolve.
package struct User: Sendable, Equatable {
    package var uid: UInt32 = 0
    package var gid: UInt32 = 0

    /// Nil leaves 0022.
    package var umask: UInt32?

    /// Supplementary groups, exactly these.
    package var additionalGids: [UInt32] = []

    package init() {}

    package init(uid: UInt32, gid: UInt32, umask: UInt32? = nil, additionalGids: [UInt32] = []) {
        self.uid = uid
        self.gid = gid
        self.umask = umask
        self.additionalGids = additionalGids
    }
}

extension User: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("uid", &uid)
        try json.field("gid", &gid)
        try json.field("umask", &umask)
        try json.field("additionalGids", &additionalGids)
    }
}
