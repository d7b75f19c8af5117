/// A scheduling class of ioprio_set(2).
package enum IOPriorityClass: String, JSONEnumeration {
    package static var jsonName: String { "I/O priority class" }

    case realtime = "IOPRIO_CLASS_RT"
    case bestEffort = "IOPRIO_CLASS_BE"
    case idle = "IOPRIO_CLASS_IDLE"
}
