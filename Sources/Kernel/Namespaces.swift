internal import CLinux

/// Kinds of namespaces, as the `CLONE_NEW*` bits. See namespaces(7).
package struct NamespaceSet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    package static let mount = NamespaceSet(rawValue: UInt64(CLONE_NEWNS))
    package static let uts = NamespaceSet(rawValue: UInt64(CLONE_NEWUTS))
    package static let ipc = NamespaceSet(rawValue: UInt64(CLONE_NEWIPC))
    package static let network = NamespaceSet(rawValue: UInt64(CLONE_NEWNET))
    package static let pid = NamespaceSet(rawValue: UInt64(CLONE_NEWPID))
    package static let user = NamespaceSet(rawValue: UInt64(CLONE_NEWUSER))
    package static let cgroup = NamespaceSet(rawValue: UInt64(CLONE_NEWCGROUP))
    package static let time = NamespaceSet(rawValue: UInt64(CLONE_NEWTIME))
}

/// unshare(2).
package func unshareNamespaces(_ kinds: NamespaceSet) throws(SystemCallError) {
    try retrying("unshare") { unshare(Int32(truncatingIfNeeded: kinds.rawValue)) }
}

/// setns(2). `descriptor` is a namespace's file, for one kind, or a pidfd, for all of `kinds` at once.
/// Joining a PID namespace changes only where later children are born.
package func joinNamespaces(_ descriptor: Int32, _ kinds: NamespaceSet) throws(SystemCallError) {
    try retrying("setns") { setns(descriptor, Int32(truncatingIfNeeded: kinds.rawValue)) }
}

/// sethostname(2).
package func setHostName(_ name: String) throws(SystemCallError) {
    try checked("sethostname", on: name) { sethostname(name, name.utf8.count) }
}

/// setdomainname(2).
package func setDomainName(_ name: String) throws(SystemCallError) {
    try checked("setdomainname", on: name) { setdomainname(name, name.utf8.count) }
}

/// Brings "lo" up in the process's network namespace. See netdevice(7).
package func raiseLoopback() throws(SystemCallError) {
    try checked("ioctl SIOCSIFFLAGS", on: "lo") { berth_raise_loopback() }
}
