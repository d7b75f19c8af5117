/// A policy of sched_setattr(2).
package enum SchedulerPolicy: String, JSONEnumeration {
    package static var jsonName: String { "scheduling policy" }

    case other = "SCHED_OTHER"
    case fifo = "SCHED_FIFO"
    case roundRobin = "SCHED_RR"
    case batch = "SCHED_BATCH"
    case iso = "SCHED_ISO"
    case idle = "SCHED_IDLE"
    case deadline = "SCHED_DEADLINE"
}
