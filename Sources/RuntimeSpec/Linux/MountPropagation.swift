/// How mounts propagate. See mount_namespaces(7).
package enum MountPropagation: String, JSONEnumeration {
    package static var jsonName: String { "propagation" }

    case shared
    case slave
    case `private`
    case unbindable
    case recursiveShared = "rshared"
    case recursiveSlave = "rslave"
    case recursivePrivate = "rprivate"
    case recursiveUnbindable = "runbindable"
}
