extension Linux {
    /// Whether the container does not share this kind of namespace with the runtime.
    package func has(_ type: LinuxNamespaceType) -> Bool {
        namespaces.contains { $0.type == type }
    }

    /// Whether the container gets a namespace of this kind that did not exist before.
    package func creates(_ type: LinuxNamespaceType) -> Bool {
        namespaces.contains { $0.type == type && $0.path == nil }
    }

    func validate(at path: String) throws(SpecError) {
        try validateNamespaces(at: path)
        try validateMappings(at: path)
        try validateSysctl(at: "\(path).sysctl")
        try validatePaths(at: path)
        try validateDevices(at: "\(path).devices")
        try validateNetDevices(at: "\(path).netDevices")
        try resources?.validate(at: "\(path).resources")
        try seccomp?.validate(at: "\(path).seccomp")
        try intelRdt?.validate(at: "\(path).intelRdt")
        try memoryPolicy?.validate(at: "\(path).memoryPolicy")
        if let flags = personality?.flags, !flags.isEmpty {
            throw SpecError(path: "\(path).personality.flags", "the specification defines no flags")
        }
    }

    private func validateNamespaces(at path: String) throws(SpecError) {
        var seen: Set<LinuxNamespaceType> = []
        for (index, namespace) in namespaces.enumerated() {
            guard seen.insert(namespace.type).inserted else {
                throw SpecError(
                    path: "\(path).namespaces[\(index)].type", "\"\(namespace.type.rawValue)\" stands here twice")
            }
            if let file = namespace.path, file.utf8.first != UInt8(ascii: "/") {
                throw SpecError(
                    path: "\(path).namespaces[\(index)].path",
                    "expected an absolute path, found \"\(JSONReader.excerpt(file))\"")
            }
        }
        if !timeOffsets.isEmpty && !creates(.time) {
            throw SpecError(path: "\(path).timeOffsets", "needs a new namespace of type \"time\" in \(path).namespaces")
        }
        for (clock, offset) in timeOffsets {
            guard clock == "monotonic" || clock == "boottime" else {
                throw SpecError(
                    path: "\(path).timeOffsets",
                    "expected \"monotonic\" or \"boottime\", found \"\(JSONReader.excerpt(clock))\"")
            }
            guard offset.nanosecs < 1_000_000_000 else {
                throw SpecError(path: "\(path).timeOffsets.\(clock).nanosecs", "expected less than 1000000000")
            }
        }
    }

    private func validateMappings(at path: String) throws(SpecError) {
        try uidMappings.validate(at: "\(path).uidMappings")
        try gidMappings.validate(at: "\(path).gidMappings")
        let mapped = !uidMappings.isEmpty || !gidMappings.isEmpty
        if mapped && !has(.user) {
            throw SpecError(
                path: uidMappings.isEmpty ? "\(path).gidMappings" : "\(path).uidMappings",
                "needs a namespace of type \"user\" in \(path).namespaces")
        }
        if creates(.user) && (uidMappings.isEmpty || gidMappings.isEmpty) {
            throw SpecError(
                path: uidMappings.isEmpty ? "\(path).uidMappings" : "\(path).gidMappings",
                "a new user namespace needs a mapping")
        }
    }

    private func validatePaths(at path: String) throws(SpecError) {
        for (name, paths) in [("maskedPaths", maskedPaths), ("readonlyPaths", readonlyPaths)] {
            if !paths.isEmpty && !has(.mount) {
                throw SpecError(
                    path: "\(path).\(name)", "needs a namespace of type \"mount\" in \(path).namespaces")
            }
            for (index, entry) in paths.enumerated() where entry.utf8.first != UInt8(ascii: "/") {
                throw SpecError(
                    path: "\(path).\(name)[\(index)]",
                    "expected an absolute path, found \"\(JSONReader.excerpt(entry))\"")
            }
        }
        if let cgroupsPath, cgroupsPath.split(separator: "/").contains("..") {
            throw SpecError(path: "\(path).cgroupsPath", "must not contain \"..\"")
        }
    }

    private func validateDevices(at path: String) throws(SpecError) {
        for (index, device) in devices.enumerated() {
            guard device.path.utf8.first == UInt8(ascii: "/") else {
                throw SpecError(
                    path: "\(path)[\(index)].path",
                    "expected an absolute path, found \"\(JSONReader.excerpt(device.path))\"")
            }
            // Sizes of the kernel's dev_t: 12 bits and 20 bits.
            let numbered = (0...0xFFF).contains(device.major) && (0...0xFFFFF).contains(device.minor)
            guard numbered || device.type == .fifo else {
                throw SpecError(
                    path: "\(path)[\(index)]",
                    "expected a major number to 4095 and a minor to 1048575, found \(device.major):\(device.minor)")
            }
            // Engines hand over st_mode as stat(2) tells it, with the bits of the file's type.
            if let mode = device.fileMode, mode & ~0o170000 > 0o7777 {
                throw SpecError(path: "\(path)[\(index)].fileMode", "expected permission bits, found \(mode)")
            }
        }
    }

    private func validateNetDevices(at path: String) throws(SpecError) {
        if !netDevices.isEmpty && !has(.network) {
            throw SpecError(path: path, "needs a namespace of type \"network\" in linux.namespaces")
        }
        for (name, device) in netDevices {
            for name in [name, device.name ?? name] where !Self.isInterfaceName(name) {
                throw SpecError(
                    path: path, "expected a network interface's name, found \"\(JSONReader.excerpt(name))\"")
            }
        }
    }

    /// As the kernel's dev_valid_name: 15 bytes, no slash, colon or white space.
    static func isInterfaceName(_ name: String) -> Bool {
        (1...15).contains(name.utf8.count) && name != "." && name != ".."
            && name.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
    }
}

extension [LinuxIDMapping] {
    /// See user_namespaces(7): ranges must not be empty, wrap around or overlap; the kernel takes 340 lines.
    func validate(at path: String) throws(SpecError) {
        guard count <= 340 else { throw SpecError(path: path, "expected at most 340 ranges, found \(count)") }
        for (index, mapping) in enumerated() {
            if mapping.size == 0 { throw SpecError(path: "\(path)[\(index)].size", "expected more than 0") }
            let last = UInt64(UInt32.max)
            for (name, first) in [("containerID", mapping.containerID), ("hostID", mapping.hostID)]
            where UInt64(first) + UInt64(mapping.size) > last {
                throw SpecError(path: "\(path)[\(index)].\(name)", "range ends beyond 4294967294")
            }
        }
    }
}

extension LinuxIntelRDT {
    /// The class becomes a directory of the resctrl file system.
    func validate(at path: String) throws(SpecError) {
        if let memBwSchema, !memBwSchema.isEmpty, !memBwSchema.hasPrefix("MB:") || memBwSchema.utf8.contains(0x0A) {
            throw SpecError(
                path: "\(path).memBwSchema",
                "expected a line such as \"MB:0=20;1=70\", found \"\(JSONReader.excerpt(memBwSchema))\"")
        }
        for (index, line) in schemata.enumerated() where line.utf8.contains(0x0A) {
            throw SpecError(path: "\(path).schemata[\(index)]", "expected a single line")
        }
        guard let closID else { return }
        if closID == "." || closID == ".." || closID.utf8.contains(UInt8(ascii: "/")) || closID.utf8.contains(0x0A) {
            throw SpecError(
                path: "\(path).closID", "expected a directory's name, found \"\(JSONReader.excerpt(closID))\"")
        }
    }
}

extension LinuxMemoryPolicy {
    func validate(at path: String) throws(SpecError) {
        try nodes?.validateNumberList(at: "\(path).nodes")
        switch mode {
        case .default, .local:
            guard nodes == nil else { throw SpecError(path: "\(path).nodes", "\(mode.rawValue) takes none") }
        case .bind, .interleave, .weightedInterleave, .preferredMany:
            guard nodes != nil else { throw SpecError(path: "\(path).nodes", "\(mode.rawValue) needs some") }
        case .preferred: break
        }
        guard !(flags.contains(.relativeNodes) && flags.contains(.staticNodes)) else {
            throw SpecError(path: "\(path).flags", "MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES exclude each other")
        }
    }
}
