/// What a container's process was doing to itself. The raw value travels from that process to its creator.
enum SetupStep: UInt8 {
    case session = 1
    case synchronise
    case joinNamespace
    case createNamespace
    case joinCgroup
    case mapUsers
    case loopback
    case hostName
    case domainName
    case rootPropagation
    case mountRoot
    case mount
    case device
    case deviceLink
    case console
    case terminal
    case maskPath
    case protectPath
    case protectRoot
    case pivot
    case systemControl
    case keyring
    case oomScore
    case limit
    case user
    case capabilities
    case noNewPrivileges
    case seccomp
    case workingDirectory
    case standardStreams
    case findExecutable
    case execute
    case hook
    case scheduler
    case personality
    case memoryPolicy
    case affinity
    case label

    var description: String {
        switch self {
        case .session: "start a session"
        case .synchronise: "hear from the creator"
        case .joinNamespace: "join namespace"
        case .createNamespace: "create namespace"
        case .joinCgroup: "join cgroup"
        case .mapUsers: "become root of the user namespace"
        case .loopback: "bring up interface"
        case .hostName: "set host name"
        case .domainName: "set domain name"
        case .rootPropagation: "set propagation of"
        case .mountRoot: "mount root file system"
        case .mount: "mount"
        case .device: "create device"
        case .deviceLink: "create link"
        case .console: "set up console"
        case .terminal: "open terminal"
        case .maskPath: "mask path"
        case .protectPath: "make path read-only"
        case .protectRoot: "make root file system read-only"
        case .pivot: "change root to"
        case .systemControl: "set sysctl"
        case .keyring: "join session keyring"
        case .oomScore: "set oom_score_adj"
        case .limit: "set limit"
        case .user: "become user"
        case .capabilities: "set capabilities"
        case .noNewPrivileges: "set no_new_privs"
        case .seccomp: "load seccomp filter"
        case .workingDirectory: "change to working directory"
        case .standardStreams: "set up standard streams"
        case .findExecutable, .execute: "exec:"
        case .hook: "run hook"
        case .scheduler: "apply"
        case .personality: "set personality"
        case .memoryPolicy: "set memory policy"
        case .affinity: "set CPU affinity"
        case .label: "set security label"
        }
    }

    /// The one place in config.json that asks for the step; empty where there is none, or there are many.
    var field: String {
        switch self {
        case .hostName: "hostname"
        case .domainName: "domainname"
        case .mountRoot: "root.path"
        case .maskPath: "linux.maskedPaths"
        case .protectPath: "linux.readonlyPaths"
        case .systemControl: "linux.sysctl"
        case .oomScore: "process.oomScoreAdj"
        case .limit: "process.rlimits"
        case .user: "process.user"
        case .capabilities: "process.capabilities"
        case .seccomp: "linux.seccomp"
        case .workingDirectory: "process.cwd"
        case .personality: "linux.personality"
        case .memoryPolicy: "linux.memoryPolicy"
        default: ""
        }
    }
}
