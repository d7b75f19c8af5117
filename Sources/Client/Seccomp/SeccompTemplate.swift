package import RuntimeSpec

/// A seccomp profile whose rules may depend on the container and on the machine.
///
/// The form is that of Docker's and Podman's profiles, of which the runtime specification's own, without conditions, is a
/// special case; either can be read. What they call comments is passed over.
package struct SeccompTemplate: Sendable, Equatable {
    package var defaultAction: SeccompAction = .errno
    package var defaultErrnoRet: UInt32?
    package var architectures: [SeccompArchitecture] = []
    package var families: [ArchitectureFamily] = []
    package var flags: [SeccompFlag] = []
    package var listenerPath: String?
    package var listenerMetadata: String?
    package var rules: [Rule] = []

    package init() {}

    /// Reads a document and checks what it says, whoever it would be for.
    package init(parsing document: UnsafeRawBufferPointer) throws(SpecError) {
        self = try JSONReader.parse(SeccompTemplate.self, document)
        var whole = unconditional
        whole.syscalls = rules.map(\.rule)
        try whole.validate()
    }

    private var unconditional: SeccompProfile {
        var profile = SeccompProfile()
        profile.defaultAction = defaultAction
        profile.defaultErrnoRet = defaultErrnoRet
        profile.flags = flags
        profile.listenerPath = listenerPath
        profile.listenerMetadata = listenerMetadata
        return profile
    }

    /// What the profile says for one container on one machine.
    package func profile(for subject: SeccompSubject) -> SeccompProfile {
        var profile = unconditional
        let family = families.first { $0.architecture == subject.seccompArchitecture }
        profile.architectures = architectures + (family.map { [$0.architecture] + $0.subArchitectures } ?? [])
        profile.syscalls = rules.filter { $0.applies(to: subject) }.map(\.rule)
        return profile
    }
}

extension SeccompTemplate: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("defaultAction", &defaultAction)
        try json.field("defaultErrnoRet", &defaultErrnoRet)
        try json.field("architectures", &architectures)
        try json.field("archMap", &families)
        try json.field("flags", &flags)
        try json.field("listenerPath", &listenerPath)
        try json.field("listenerMetadata", &listenerMetadata)
        try json.field("syscalls", &rules)
    }
}

extension SeccompTemplate {
    /// An architecture, and others of which machines of that kind run programs as well.
    package struct ArchitectureFamily: JSONRecord, Sendable, Equatable {
        package var architecture: SeccompArchitecture = .amd64
        package var subArchitectures: [SeccompArchitecture] = []

        package init() {}

        init(_ architecture: SeccompArchitecture, with subArchitectures: [SeccompArchitecture]) {
            self.architecture = architecture
            self.subArchitectures = subArchitectures
        }

        package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
            try json.required("architecture", &architecture)
            try json.field("subArchitectures", &subArchitectures)
        }
    }

    /// A rule, and for whom it is one.
    package struct Rule: JSONRecord, Sendable, Equatable {
        package var rule = SeccompRule()
        package var includes = Condition()
        package var excludes = Condition()

        package init() {}

        package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
            // Older profiles have one name to a rule.
            var name: String?
            try json.field("name", &name)
            if let name { rule.names.append(name) }
            try json.field("names", &rule.names)
            try json.required("action", &rule.action)
            try json.field("errnoRet", &rule.errnoRet)
            try json.field("args", &rule.args)
            try json.field("includes", &includes)
            try json.field("excludes", &excludes)
        }

        func applies(to subject: SeccompSubject) -> Bool {
            if !includes.capabilities.allSatisfy(subject.capabilities.contains) { return false }
            if !includes.architectures.isEmpty, !includes.architectures.contains(subject.architecture) { return false }
            if let oldest = includes.kernel, subject.kernel < oldest { return false }
            if excludes.capabilities.contains(where: subject.capabilities.contains) { return false }
            if excludes.architectures.contains(subject.architecture) { return false }
            if let oldest = excludes.kernel, subject.kernel >= oldest { return false }
            return true
        }
    }

    /// What a rule asks of the container or of the machine. All of it to be included; any of it is excluded.
    package struct Condition: JSONRecord, Sendable, Equatable {
        /// Of the bounding set.
        package var capabilities: [String] = []
        /// By the names that Go has for them.
        package var architectures: [String] = []
        /// That, or a newer one.
        package var kernel: KernelVersion?

        package init() {}

        init(capabilities: [String] = [], architectures: [String] = []) {
            self.capabilities = capabilities
            self.architectures = architectures
        }

        package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
            try json.field("caps", &capabilities)
            try json.field("arches", &architectures)
            try json.field("minKernel", &kernel)
        }
    }
}
