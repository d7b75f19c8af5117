extension Spec {
    /// Checks what the fields mean, alone and together, as far as that needs no look at the host.
    ///
    /// What depends on the host (paths that exist, controllers, kernel features, names of capabilities) is refused
    /// where it is applied. Deviations from runc: `cgroupsPath` with `..` is refused, not shortened, and an errno for a
    /// seccomp action that has none is refused, as the specification asks.
    package func validate() throws(SpecError) {
        try validateVersion()
        guard let root else { throw SpecError(path: "root", "missing") }
        if root.path.isEmpty { throw SpecError(path: "root.path", "expected a path, found an empty string") }
        try process?.validate(at: "process")
        for (index, mount) in mounts.enumerated() { try mount.validate(at: "mounts[\(index)]") }
        try hooks?.validate(at: "hooks")
        for key in annotations.keys where key.isEmpty {
            throw SpecError(path: "annotations", "expected names, found an empty one")
        }
        try validateNames()
        try linux?.validate(at: "linux")
    }

    /// Every 1.x is accepted: minor versions only add fields.
    private func validateVersion() throws(SpecError) {
        let parts = ociVersion.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ $0.first?.isNumber == true }), UInt32(parts[1]) != nil else {
            throw SpecError(
                path: "ociVersion", "expected a version such as \"1.2.0\", found \"\(JSONReader.excerpt(ociVersion))\"")
        }
        guard parts[0] == "1" else {
            throw SpecError(path: "ociVersion", "expected version 1, found \"\(JSONReader.excerpt(ociVersion))\"")
        }
    }

    /// See sethostname(2): 64 bytes, and only in a namespace of one's own.
    private func validateNames() throws(SpecError) {
        for (path, name) in [("hostname", hostname), ("domainname", domainname)] {
            guard let name else { continue }
            guard name.utf8.count <= 64 else {
                throw SpecError(path: path, "expected at most 64 bytes, found \(name.utf8.count)")
            }
            guard linux?.has(.uts) == true else {
                throw SpecError(path: path, "needs a namespace of type \"uts\" in linux.namespaces")
            }
        }
    }
}

extension Mount {
    func validate(at path: String) throws(SpecError) {
        if destination.isEmpty {
            throw SpecError(path: "\(path).destination", "expected a path, found an empty string")
        }
        guard uidMappings.isEmpty == gidMappings.isEmpty else {
            throw SpecError(path: path, "uidMappings and gidMappings must be given together")
        }
        try uidMappings.validate(at: "\(path).uidMappings")
        try gidMappings.validate(at: "\(path).gidMappings")
        if !uidMappings.isEmpty && !isBind {
            throw SpecError(path: "\(path).uidMappings", "ID mappings need a bind mount")
        }
    }

    /// Whether the mount shows a part of an existing file system.
    package var isBind: Bool {
        type == "bind" || options.contains("bind") || options.contains("rbind")
    }
}

extension Hooks {
    func validate(at path: String) throws(SpecError) {
        let stages = [
            ("prestart", prestart), ("createRuntime", createRuntime), ("createContainer", createContainer),
            ("startContainer", startContainer), ("poststart", poststart), ("poststop", poststop),
        ]
        for (name, hooks) in stages {
            for (index, hook) in hooks.enumerated() { try hook.validate(at: "\(path).\(name)[\(index)]") }
        }
    }
}

extension Hook {
    func validate(at path: String) throws(SpecError) {
        guard self.path.utf8.first == UInt8(ascii: "/") else {
            throw SpecError(
                path: "\(path).path", "expected an absolute path, found \"\(JSONReader.excerpt(self.path))\"")
        }
        if let timeout, timeout <= 0 {
            throw SpecError(path: "\(path).timeout", "expected more than 0 seconds, found \(timeout)")
        }
        try env.validateEnvironment(at: "\(path).env")
    }
}

extension [String] {
    /// Each is `NAME=value` with a name. See environ(7).
    func validateEnvironment(at path: String) throws(SpecError) {
        for (index, variable) in enumerated() {
            let name = variable.utf8.prefix { $0 != UInt8(ascii: "=") }
            guard !name.isEmpty, name.endIndex != variable.utf8.endIndex else {
                throw SpecError(
                    path: "\(path)[\(index)]", "expected NAME=value, found \"\(JSONReader.excerpt(variable))\"")
            }
        }
    }
}
