/// A flag of seccomp(2).
package enum SeccompFlag: String, JSONEnumeration {
    package static var jsonName: String { "seccomp flag" }

    case threadSync = "SECCOMP_FILTER_FLAG_TSYNC"
    case log = "SECCOMP_FILTER_FLAG_LOG"
    case allowSpeculation = "SECCOMP_FILTER_FLAG_SPEC_ALLOW"
    case waitKillable = "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"
}
