extension Linux {
    /// Only parameters that belong to a namespace of the container may be set: any other changes the host.
    func validateSysctl(at path: String) throws(SpecError) {
        for (name, value) in sysctl {
            let place = "\(path)[\"\(JSONReader.excerpt(name))\"]"
            let parts = Self.sysctlPath(name).split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count > 1, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
                throw SpecError(path: place, "expected a name such as \"net.ipv4.ip_forward\"")
            }
            guard !value.utf8.contains(0x0A) else { throw SpecError(path: place, "the value holds a line break") }
            guard let type = Self.namespace(ofSysctl: parts.joined(separator: ".")) else {
                throw SpecError(path: place, "is not part of a namespace, so that it would change the host")
            }
            guard has(type) else {
                throw SpecError(path: place, "needs a namespace of type \"\(type.rawValue)\" in linux.namespaces")
            }
        }
        if hasHostname(sysctl) {
            throw SpecError(path: "\(path)[\"kernel.hostname\"]", "use the field \"hostname\"")
        }
    }

    private func hasHostname(_ sysctl: [String: String]) -> Bool {
        sysctl.keys.contains { Self.sysctlPath($0) == "kernel/hostname" }
    }

    /// The parameter's file below `/proc/sys`. Dots part the name unless a slash comes first, in which case a dot is
    /// a character like any other, as in `net/ipv4/conf/eth0.1/forwarding`. See sysctl(8).
    package static func sysctlPath(_ name: String) -> String {
        let separator = name.utf8.first { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }
        guard separator == UInt8(ascii: ".") else { return name }
        return String(
            decoding: name.utf8.map { byte in
                switch byte {
                case UInt8(ascii: "."): UInt8(ascii: "/")
                case UInt8(ascii: "/"): UInt8(ascii: ".")
                default: byte
                }
            }, as: UTF8.self)
    }

    /// The kind of namespace that a parameter belongs to, named with dots; nil for those of the whole host.
    static func namespace(ofSysctl name: String) -> LinuxNamespaceType? {
        switch name {
        case "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
            "kernel.shmmni", "kernel.shm_rmid_forced":
            return .ipc
        case "kernel.hostname", "kernel.domainname": return .uts
        default:
            if name.hasPrefix("fs.mqueue.") { return .ipc }
            if name.hasPrefix("net.") { return .network }
            if name.hasPrefix("user.") { return .user }
            return nil
        }
    }
}
