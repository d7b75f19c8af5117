internal import Kernel
internal import RuntimeSpec

/// What the kernel keeps for a process from its set-up on into its program, and what only a privileged process of the
/// host may raise: a process of a user namespace has it set from outside.
struct ProcessAttributes {
    let limits: [(resource: LimitedResource, soft: UInt64, hard: UInt64)]
    let oomScoreAdjustment: Int32?
    let scheduling: SchedulingAttributes?
    let ioPriority: (class: Int32, level: Int32)?

    init(_ process: ProcessSpec, mayRaise: Bool, field: String) throws(ContainerError) {
        oomScoreAdjustment = process.oomScoreAdj
        scheduling = process.scheduler.map(SchedulingAttributes.init)
        ioPriority = process.ioPriority.map { ($0.priorityClass.number, $0.priority) }
        var plan: [(resource: LimitedResource, soft: UInt64, hard: UInt64)] = []
        for (index, limit) in process.rlimits.enumerated() {
            let resource = LimitedResource(limit.type)
            if !mayRaise, let current = try? Kernel.limit(of: resource).hard, limit.hard > current {
                throw ContainerError(
                    .permissionDenied,
                    "\(field).rlimits[\(index)].hard: \(limit.type.rawValue): raising \(current) to \(limit.hard) needs"
                        + " CAP_SYS_RESOURCE, which the runtime does not hold")
            }
            plan.append((resource, limit.soft, limit.hard))
        }
        limits = plan
    }

    /// - Parameter process: 0 is the calling process.
    func apply(to process: Int32, hostProc: Int32) throws(SetupFailure) {
        try applyOOMScore(to: process, hostProc: hostProc)
        try applyLimits(to: process)
    }

    /// By a file of the process, which nobody but root can write once the process is closed to inspection.
    func applyOOMScore(to process: Int32, hostProc: Int32) throws(SetupFailure) {
        guard let score = oomScoreAdjustment else { return }
        try during(.oomScore, "\(score)") { () throws(SystemCallError) in
            let name = process == 0 ? "self" : "\(process)"
            try SmallFile.write(String(score), to: name + "/oom_score_adj", beneath: hostProc)
        }
    }

    /// All but the score.
    func applyLimits(to process: Int32) throws(SetupFailure) {
        for limit in limits {
            try during(.limit, "\(limit.resource)") { () throws(SystemCallError) in
                try setLimit(of: limit.resource, soft: limit.soft, hard: limit.hard, process: process)
            }
        }
        if let scheduling {
            try during(.scheduler, "process.scheduler") { () throws(SystemCallError) in
                try setScheduling(of: process, scheduling)
            }
        }
        if let ioPriority {
            try during(.scheduler, "process.ioPriority") { () throws(SystemCallError) in
                try setIOPriority(of: process, class: ioPriority.class, level: ioPriority.level)
            }
        }
    }
}

extension SchedulingAttributes {
    init(_ scheduler: Scheduler) {
        self.init(policy: scheduler.policy.number)
        nice = scheduler.nice ?? 0
        priority = UInt32(clamping: scheduler.priority ?? 0)
        runtime = scheduler.runtime ?? 0
        deadline = scheduler.deadline ?? 0
        period = scheduler.period ?? 0
        for flag in scheduler.flags { flags |= flag.bit }
    }
}

extension SchedulerPolicy {
    /// `SCHED_*` of linux/sched.h.
    fileprivate var number: UInt32 {
        switch self {
        case .other: 0
        case .fifo: 1
        case .roundRobin: 2
        case .batch: 3
        case .iso: 4
        case .idle: 5
        case .deadline: 6
        }
    }
}

extension SchedulerFlag {
    /// `SCHED_FLAG_*` of linux/sched.h.
    fileprivate var bit: UInt64 {
        switch self {
        case .resetOnFork: 0x01
        case .reclaim: 0x02
        case .deadlineOverrun: 0x04
        case .keepPolicy: 0x08
        case .keepParameters: 0x10
        case .utilClampMinimum: 0x20
        case .utilClampMaximum: 0x40
        }
    }
}

extension IOPriorityClass {
    /// `IOPRIO_CLASS_*` of linux/ioprio.h.
    fileprivate var number: Int32 {
        switch self {
        case .realtime: 1
        case .bestEffort: 2
        case .idle: 3
        }
    }
}
