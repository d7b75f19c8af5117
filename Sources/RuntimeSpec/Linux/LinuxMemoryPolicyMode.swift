/// A mode of set_mempolicy(2).
package enum LinuxMemoryPolicyMode: String, JSONEnumeration {
    package static var jsonName: String { "memory policy mode" }

    case `default` = "MPOL_DEFAULT"
    case bind = "MPOL_BIND"
    case interleave = "MPOL_INTERLEAVE"
    case weightedInterleave = "MPOL_WEIGHTED_INTERLEAVE"
    case preferred = "MPOL_PREFERRED"
    case preferredMany = "MPOL_PREFERRED_MANY"
    case local = "MPOL_LOCAL"
}
