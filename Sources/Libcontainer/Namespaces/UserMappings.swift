internal import Kernel
internal import RuntimeSpec

/// Which users of the host a user namespace's users are. See user_namespaces(7).
struct UserMappings: Equatable {
    var uids: [LinuxIDMapping]
    var gids: [LinuxIDMapping]

    /// Writes the maps of a process that was born into a new user namespace, as its creator. `field` is where they
    /// stand in the configuration.
    ///
    /// A creator without rights may map himself only, and then nobody in the namespace may change groups; what else
    /// /etc/subuid and /etc/subgid grant him is mapped by the host's newuidmap(1) and newgidmap(1).
    func write(process: Int32, hostProc: Int32, field: String) throws(ContainerError) {
        let held: CapabilitySet
        do {
            held = try CapabilitySet.permittedNow()
        } catch {
            throw ContainerError("read own capabilities", error)
        }
        let user = Map(file: "uid_map", program: "newuidmap", field: "\(field).uidMappings", lines: uids)
        let group = Map(file: "gid_map", program: "newgidmap", field: "\(field).gidMappings", lines: gids)
        if held.contains(.setUserID) || user.isOnly(effectiveUser()) {
            try user.write(process: process, hostProc: hostProc)
        } else {
            try user.writeByProgram(process: process)
        }
        if held.contains(.setGroupID) { return try group.write(process: process, hostProc: hostProc) }
        guard group.isOnly(effectiveGroup()) else { return try group.writeByProgram(process: process) }
        do {
            try SmallFile.write("deny", to: "\(process)/setgroups", beneath: hostProc)
        } catch {
            throw ContainerError("\(field).gidMappings", error)
        }
        try group.write(process: process, hostProc: hostProc)
    }

    /// The user of the host that a process's user is, by the map of the process; nil if there is none.
    static func hostUser(of uid: UInt32, process: Int32, hostProc: Int32) throws(SystemCallError) -> UInt32? {
        for line in try SmallFile.text("\(process)/uid_map", beneath: hostProc).split(separator: "\n") {
            let numbers = line.split(separator: " ").compactMap { UInt32($0) }
            guard numbers.count == 3, uid >= numbers[0], uid - numbers[0] < numbers[2] else { continue }
            return numbers[1] + (uid - numbers[0])
        }
        return nil
    }
}

/// One of a user namespace's two maps.
private struct Map {
    /// Below /proc/PID.
    let file: String
    /// What writes it for users without rights.
    let program: String
    let field: String
    let lines: [LinuxIDMapping]

    /// Whether nobody is in it but the given user or group of the host.
    func isOnly(_ id: UInt32) -> Bool {
        lines.count == 1 && lines[0].hostID == id && lines[0].size == 1
    }

    func write(process: Int32, hostProc: Int32) throws(ContainerError) {
        let text = lines.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
        do {
            try SmallFile.write(text, to: "\(process)/\(file)", beneath: hostProc)
        } catch {
            throw ContainerError(field, error)
        }
    }

    func writeByProgram(process: Int32) throws(ContainerError) {
        guard let path = HostProgram.find(program) else {
            throw ContainerError(
                .failedPrecondition,
                "\(field): only \"\(program)\", of the package \"uidmap\", can map these for a user without rights, and"
                    + " it is not on the PATH")
        }
        let numbers = lines.flatMap { ["\($0.containerID)", "\($0.hostID)", "\($0.size)"] }
        let refusal: String?
        do {
            refusal = try Self.run(path, ["\(process)"] + numbers)
        } catch {
            throw ContainerError("\(field): run \"\(path)\"", error)
        }
        if let refusal { throw ContainerError(.permissionDenied, "\(field): \(refusal)") }
    }

    /// What the program says if it fails.
    private static func run(_ path: String, _ arguments: [String]) throws(SystemCallError) -> String? {
        let output = try FileDescriptor.memoryFile("output")
        let null = try FileDescriptor.open("/dev/null", .readOnly)
        let process = try HostProgram.spawn(
            path, arguments: [path] + arguments, environment: environment(),
            descriptors: [null.rawValue, output.rawValue, output.rawValue], session: false)
        let exit = try ChildExit.wait(for: process)
        if exit.status == 0 { return nil }
        try output.seek(to: 0)
        let text = String(decoding: try output.readAll(limit: 4096), as: UTF8.self)
        let line = text.split(separator: "\n").first.map(String.init)
        return line ?? "\"\(path)\" exited with code \(exit.status)"
    }
}
