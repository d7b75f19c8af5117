/// A kind of namespace. See namespaces(7).
package enum LinuxNamespaceType: String, JSONEnumeration {
    package static var jsonName: String { "namespace type" }

    case pid
    case network
    case mount
    case ipc
    case uts
    case user
    case cgroup
    case time
}
