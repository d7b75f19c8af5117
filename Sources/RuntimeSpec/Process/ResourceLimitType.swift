/// What a ``ResourceLimit`` limits. See getrlimit(2).
package enum ResourceLimitType: String, JSONEnumeration {
    package static var jsonName: String { "resource limit" }

    case addressSpace = "RLIMIT_AS"
    case coreSize = "RLIMIT_CORE"
    case cpuTime = "RLIMIT_CPU"
    case dataSize = "RLIMIT_DATA"
    case fileSize = "RLIMIT_FSIZE"
    case locks = "RLIMIT_LOCKS"
    case lockedMemory = "RLIMIT_MEMLOCK"
    case messageQueues = "RLIMIT_MSGQUEUE"
    case nice = "RLIMIT_NICE"
    case openFiles = "RLIMIT_NOFILE"
    case processes = "RLIMIT_NPROC"
    case residentSet = "RLIMIT_RSS"
    case realtimePriority = "RLIMIT_RTPRIO"
    case realtimeTime = "RLIMIT_RTTIME"
    case pendingSignals = "RLIMIT_SIGPENDING"
    case stackSize = "RLIMIT_STACK"
}
