internal import Glibc

/// What of /proc and /sys containers do not get to see, or only to read. Paths that a kernel does not have are passed over.
enum ProtectedPaths {
    static let masked: [String] =
        [
            "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
            "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap",
            "/sys/firmware",
        ] + throttles

    static let readonly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]

    /// Counters that tell what other containers make the processors do. Each mask is a mount, which takes time to make: most
    /// virtual machines have none of them.
    private static var throttles: [String] {
        let processors = Int(sysconf(Int32(_SC_NPROCESSORS_CONF)))
        return (0..<max(1, processors)).map { "/sys/devices/system/cpu/cpu\($0)/thermal_throttle" }
            .prefix { access($0, F_OK) == 0 }
    }
}
