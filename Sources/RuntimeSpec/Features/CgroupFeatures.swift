/// Cgroup versions and managers.
package struct CgroupFeatures: Sendable, Equatable {
    package var v1: Bool?
    package var v2: Bool?
    package var systemd: Bool?
    package var systemdUser: Bool?
    package var rdma: Bool?

    package init() {}
}

extension CgroupFeatures: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("v1", &v1)
        try json.field("v2", &v2)
        try json.field("systemd", &systemd)
        try json.field("systemdUser", &systemdUser)
        try json.field("rdma", &rdma)
    }
}
