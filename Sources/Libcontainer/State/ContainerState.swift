internal import Cgroups
internal import Kernel
internal import RuntimeSpec

/// What of a container outlives the process that made it: the contents of `state.json`.
struct ContainerState: Equatable {
    var ociVersion = ""
    var id = ""
    /// The init process, as the process that wrote this sees it, and what tells it from a later one of that number.
    var pid: Int32 = 0
    var identity = ""
    var bundle = ""
    var rootfs = ""
    /// Seconds since 1970.
    var created: Int64 = 0
    /// The kinds of namespaces that differ from the host's, as `CLONE_NEW*` bits.
    var namespaces: UInt64 = 0
    /// Whether the PID namespace is the container's alone, so that it ends with init.
    var ownsProcesses = false
    /// The cgroup's directories, by controller.
    var cgroups: [String: String] = [:]
    /// Whose cgroup it is if systemd made it.
    var unit: SystemdUnit?
    var annotations: [String: String] = [:]
    /// The hooks of stages that another process than the creator may reach.
    var hooks: Hooks?
    /// What processes that follow have set as the first has it.
    var domain = ExecutionDomain()
    /// What processes that follow have where they ask for nothing themselves.
    var capabilities: CapabilitySets?
    var apparmorProfile: String?
    var selinuxLabel: String?
    /// Who is told of calls that the filter hands on.
    var seccompListener: SeccompListener?

    /// Its class of service, if it has one.
    var resctrl: ResctrlGroup?
}

extension ContainerState {
    /// Of a container that is about to be made, anew or from a checkpoint: what processes that follow will need, and
    /// what whoever finds it half made has to clear away.
    init(beginning spec: Spec, _ options: ContainerOptions, rootfs: String, cgroups: CgroupManager) {
        self.init(
            ociVersion: spec.ociVersion, id: options.id, bundle: options.bundle, rootfs: rootfs,
            created: Clock.now().seconds, cgroups: cgroups.paths, unit: cgroups.unit, annotations: spec.annotations,
            hooks: (spec.hooks ?? Hooks()).lasting, domain: ExecutionDomain(spec.linux ?? Linux()),
            capabilities: spec.process?.capabilities, apparmorProfile: spec.process?.apparmorProfile,
            selinuxLabel: spec.process?.selinuxLabel)
    }
}

extension ContainerState: JSONRecord {
    mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("ociVersion", &ociVersion)
        try json.required("id", &id)
        try json.required("pid", &pid)
        try json.required("identity", &identity)
        try json.required("bundle", &bundle)
        try json.required("rootfs", &rootfs)
        try json.required("created", &created)
        try json.required("namespaces", &namespaces)
        try json.field("ownsProcesses", &ownsProcesses)
        try json.field("cgroups", &cgroups)
        var record = unit.map { UnitRecord($0) }
        try json.field("systemdUnit", &record)
        unit = record?.unit
        try json.field("annotations", &annotations)
        try json.field("hooks", &hooks)
        try json.field("personality", &domain.personality)
        try json.field("memoryPolicy", &domain.memoryPolicy)
        try json.field("capabilities", &capabilities)
        try json.field("apparmorProfile", &apparmorProfile)
        try json.field("selinuxLabel", &selinuxLabel)
        try json.field("seccompListener", &seccompListener)
        try json.field("resctrl", &resctrl)
    }
}

/// A unit of systemd as the state file keeps it.
private struct UnitRecord: Equatable, JSONRecord {
    private var name = ""
    private var slice = ""
    private var isUser = false

    init() {}

    init(_ unit: SystemdUnit) {
        name = unit.name
        slice = unit.slice
        isUser = unit.isUser
    }

    var unit: SystemdUnit { SystemdUnit(name: name, slice: slice, isUser: isUser) }

    mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("name", &name)
        try json.required("slice", &slice)
        try json.field("isUser", &isUser)
    }
}

/// Where the descriptor of a seccomp listener goes, and what goes with it.
struct SeccompListener: Equatable, JSONRecord {
    var path = ""
    var metadata: String?

    mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("path", &path)
        try json.field("metadata", &metadata)
    }
}

/// What tells a process from another that got its number later.
enum ProcessIdentity {
    /// The inode of its pidfd where the kernel gives each process one (Linux 6.9), the start time in clock ticks
    /// otherwise.
    static func of(_ pidfd: Int32, pid: Int32, hostProc: Int32) throws(SystemCallError) -> String {
        if try filesystemMagic(of: pidfd) == .pidfs { return "pidfs:\(try FileStatus(of: pidfd).inode)" }
        let text = try SmallFile.text("\(pid)/stat", beneath: hostProc)
        // The name in parentheses may hold anything; the fields after it begin with the third.
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > 20 else { throw SystemCallError("read", on: "/proc/\(pid)/stat", errno: .inputOutput) }
        return "start:\(fields[20])"
    }
}
