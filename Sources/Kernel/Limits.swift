internal import CLinux

/// A resource whose use setrlimit(2) bounds, by the kernel's number for it.
package enum LimitedResource: Int32, Sendable, CaseIterable {
    case cpuTime = 0
    case fileSize, dataSize, stackSize, coreSize, residentSet, processes, openFiles, lockedMemory
    case addressSpace, locks, pendingSignals, messageQueues, nice, realtimePriority, realtimeTime
}

/// prlimit(2); 0 is the calling process, and `UInt64.max` is "unlimited".
package func setLimit(
    of resource: LimitedResource, soft: UInt64, hard: UInt64, process: Int32 = 0
) throws(SystemCallError) {
    try checked("setrlimit") { berth_setrlimit(process, resource.rawValue, soft, hard) }
}

/// prlimit(2) on the calling process.
package func limit(of resource: LimitedResource) throws(SystemCallError) -> (soft: UInt64, hard: UInt64) {
    var soft: UInt64 = 0
    var hard: UInt64 = 0
    try checked("getrlimit") { berth_getrlimit(resource.rawValue, &soft, &hard) }
    return (soft, hard)
}
