/// A process of the container: its init, or one that enters it later. Specification: config.md, "Process".
package struct ProcessSpec: Sendable, Equatable {
    /// Standard input, output and error are a pseudo-terminal.
    package var terminal: Bool = false

    package var consoleSize: ConsoleSize?
    package var user: User = User()

    /// With the program's name as the first, as for execvp(3).
    package var args: [String] = []

    /// `NAME=value` each.
    package var env: [String] = []

    /// Absolute.
    package var cwd: String = ""

    /// Nil leaves the process without any change to its capabilities other than what its user implies.
    package var capabilities: CapabilitySets?

    package var rlimits: [ResourceLimit] = []
    package var noNewPrivileges: Bool = false
    package var apparmorProfile: String?

    /// From -1000 to 1000; nil leaves what the runtime has.
    package var oomScoreAdj: Int32?

    package var scheduler: Scheduler?
    package var selinuxLabel: String?
    package var ioPriority: IOPriority?

    /// For processes that enter a running container, not for its init.
    package var execCPUAffinity: CPUAffinity?

    package init() {}

    /// Reads a process as `exec --process` and the shim's Exec request carry it.
    package init(parsing document: UnsafeRawBufferPointer) throws(SpecError) {
        self = try JSONReader.parse(ProcessSpec.self, document)
    }
}

extension ProcessSpec: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("terminal", &terminal)
        try json.field("consoleSize", &consoleSize)
        try json.field("user", &user)
        try json.field("args", &args)
        try json.field("env", &env)
        try json.required("cwd", &cwd)
        try json.field("capabilities", &capabilities)
        try json.field("rlimits", &rlimits)
        try json.field("noNewPrivileges", &noNewPrivileges)
        try json.field("apparmorProfile", &apparmorProfile)
        try json.field("oomScoreAdj", &oomScoreAdj)
        try json.field("scheduler", &scheduler)
        try json.field("selinuxLabel", &selinuxLabel)
        try json.field("ioPriority", &ioPriority)
        try json.field("execCPUAffinity", &execCPUAffinity)
    }
}
