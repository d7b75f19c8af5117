/// A mode flag of set_mempolicy(2).
package enum LinuxMemoryPolicyFlag: String, JSONEnumeration {
    package static var jsonName: String { "memory policy flag" }

    case numaBalancing = "MPOL_F_NUMA_BALANCING"
    case relativeNodes = "MPOL_F_RELATIVE_NODES"
    case staticNodes = "MPOL_F_STATIC_NODES"
}
