internal import CLinux

/// How a process is scheduled, as the kernel's numbers. See sched_setattr(2).
package struct SchedulingAttributes: Sendable, Equatable {
    package var policy: UInt32
    package var flags: UInt64 = 0
    package var nice: Int32 = 0
    package var priority: UInt32 = 0
    /// Nanoseconds, as the next two.
    package var runtime: UInt64 = 0
    package var deadline: UInt64 = 0
    package var period: UInt64 = 0

    package init(policy: UInt32) {
        self.policy = policy
    }
}

/// sched_setattr(2); 0 is the calling process.
package func setScheduling(of process: Int32, _ attributes: SchedulingAttributes) throws(SystemCallError) {
    try checked("sched_setattr") {
        berth_sched_setattr(
            process, attributes.policy, attributes.flags, attributes.nice, attributes.priority, attributes.runtime,
            attributes.deadline, attributes.period)
    }
}

/// ioprio_set(2) with a class of 1 to 3 and a level of 0 to 7; 0 is the calling process.
package func setIOPriority(of process: Int32, class priorityClass: Int32, level: Int32) throws(SystemCallError) {
    try checked("ioprio_set") { berth_ioprio_set(process, priorityClass << 13 | level) }
}

/// sched_setaffinity(2) of the calling process, with a bit for each CPU.
package func setAffinity(_ cpus: [UInt64]) throws(SystemCallError) {
    try checked("sched_setaffinity") { berth_set_affinity(cpus, cpus.count * 8) }
}

/// set_mempolicy(2) of the calling process, with a bit for each node.
package func setMemoryPolicy(_ mode: Int32, nodes: [UInt64]) throws(SystemCallError) {
    // The kernel takes one less than it is told.
    try checked("set_mempolicy") { berth_set_mempolicy(mode, nodes.isEmpty ? nil : nodes, nodes.count * 64 + 1) }
}

/// personality(2).
package func setPersonality(_ persona: UInt) throws(SystemCallError) {
    try checked("personality") { berth_personality(persona) }
}
