/// A flag of sched_setattr(2).
package enum SchedulerFlag: String, JSONEnumeration {
    package static var jsonName: String { "scheduling flag" }

    case resetOnFork = "SCHED_FLAG_RESET_ON_FORK"
    case reclaim = "SCHED_FLAG_RECLAIM"
    case deadlineOverrun = "SCHED_FLAG_DL_OVERRUN"
    case keepPolicy = "SCHED_FLAG_KEEP_POLICY"
    case keepParameters = "SCHED_FLAG_KEEP_PARAMS"
    case utilClampMinimum = "SCHED_FLAG_UTIL_CLAMP_MIN"
    case utilClampMaximum = "SCHED_FLAG_UTIL_CLAMP_MAX"
}
