internal import Kernel
internal import RuntimeSpec

/// Everything about a process of a container, decided and checked before it exists.
struct ProcessPlan {
    let arguments: [String]
    let environment: [String]
    let cwd: String
    let user: User
    let capabilities: CapabilityPlan
    let limits: [(resource: LimitedResource, soft: UInt64, hard: UInt64)]
    let noNewPrivileges: Bool
    let oomScoreAdjustment: Int32?
    let seccomp: SystemCallFilter?
    let io: ProcessIO

    init(
        _ process: ProcessSpec, io: ProcessIO, seccomp: SystemCallFilter?, field: String
    ) throws(ContainerError) {
        guard !process.args.isEmpty else {
            throw ContainerError(.invalidArgument, "\(field).args: expected a program, found nothing")
        }
        for (name, isSet) in [
            ("apparmorProfile", process.apparmorProfile != nil), ("selinuxLabel", process.selinuxLabel != nil),
            ("scheduler", process.scheduler != nil), ("ioPriority", process.ioPriority != nil),
            ("execCPUAffinity", process.execCPUAffinity != nil),
        ] where isSet {
            throw ContainerError(.unimplemented, "\(field).\(name): not supported")
        }
        arguments = process.args
        environment = process.env
        cwd = process.cwd
        user = process.user
        noNewPrivileges = process.noNewPrivileges
        oomScoreAdjustment = process.oomScoreAdj
        self.seccomp = seccomp
        self.io = io
        let held: CapabilitySet
        do {
            held = try CapabilitySet.permittedNow()
        } catch {
            throw ContainerError("read own capabilities", error)
        }
        capabilities = try CapabilityPlan(process.capabilities, held: held, field: "\(field).capabilities")
        limits = try Self.limits(process.rlimits, mayRaise: held.contains(.systemResource), field: "\(field).rlimits")
    }

    private static func limits(
        _ limits: [ResourceLimit], mayRaise: Bool, field: String
    ) throws(ContainerError) -> [(resource: LimitedResource, soft: UInt64, hard: UInt64)] {
        var plan: [(resource: LimitedResource, soft: UInt64, hard: UInt64)] = []
        for (index, limit) in limits.enumerated() {
            let resource = LimitedResource(limit.type)
            if !mayRaise, let current = try? Kernel.limit(of: resource).hard, limit.hard > current {
                throw ContainerError(
                    .permissionDenied,
                    "\(field)[\(index)].hard: \(limit.type.rawValue): raising \(current) to \(limit.hard) needs"
                        + " CAP_SYS_RESOURCE, which the runtime does not hold")
            }
            plan.append((resource, limit.soft, limit.hard))
        }
        return plan
    }
}

extension LimitedResource {
    init(_ type: ResourceLimitType) {
        switch type {
        case .addressSpace: self = .addressSpace
        case .coreSize: self = .coreSize
        case .cpuTime: self = .cpuTime
        case .dataSize: self = .dataSize
        case .fileSize: self = .fileSize
        case .locks: self = .locks
        case .lockedMemory: self = .lockedMemory
        case .messageQueues: self = .messageQueues
        case .nice: self = .nice
        case .openFiles: self = .openFiles
        case .processes: self = .processes
        case .residentSet: self = .residentSet
        case .realtimePriority: self = .realtimePriority
        case .realtimeTime: self = .realtimeTime
        case .pendingSignals: self = .pendingSignals
        case .stackSize: self = .stackSize
        }
    }
}
