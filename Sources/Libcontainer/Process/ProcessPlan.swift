internal import Kernel
internal import RuntimeSpec

/// Everything about a process of a container, decided and checked before it exists.
struct ProcessPlan {
    let arguments: [String]
    let environment: [String]
    let cwd: String
    let user: User
    let capabilities: CapabilityPlan
    let attributes: ProcessAttributes
    let domain: ExecutionDomain
    let labels: SecurityLabels
    let noNewPrivileges: Bool
    let seccomp: SystemCallFilter?
    let io: ProcessIO

    init(
        _ process: ProcessSpec, io: ProcessIO, seccomp: SystemCallFilter?, domain: ExecutionDomain,
        inUserNamespace: Bool, field: String
    ) throws(ContainerError) {
        guard !process.args.isEmpty else {
            throw ContainerError(.invalidArgument, "\(field).args: expected a program, found nothing")
        }
        arguments = process.args
        environment = Self.lastOfEachName(process.env)
        cwd = process.cwd
        user = process.user
        noNewPrivileges = process.noNewPrivileges
        labels = try SecurityLabels(process, field: field)
        self.domain = domain
        self.seccomp = seccomp
        self.io = io
        let held: CapabilitySet
        do {
            held = try CapabilitySet.permittedNow()
        } catch {
            throw ContainerError("read own capabilities", error)
        }
        // A process has all of them in a user namespace that it was born into or has joined, whoever made it.
        capabilities = try CapabilityPlan(
            process.capabilities, held: inUserNamespace ? .all : held, field: "\(field).capabilities")
        attributes = try ProcessAttributes(process, mayRaise: held.contains(.systemResource), field: field)
    }
}

extension ProcessPlan {
    /// A variable that is set twice has its last value, as with runc and crun: programs would take the first.
    static func lastOfEachName(_ environment: [String]) -> [String] {
        var seen: Set<Substring> = []
        let kept = environment.reversed().filter { entry in seen.insert(entry.prefix { $0 != "=" }).inserted }
        return kept.count == environment.count ? environment : kept.reversed()
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
