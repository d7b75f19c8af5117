internal import Kernel
internal import RuntimeSpec

/// A container's class of service, and its monitoring group, in the kernel's resctrl file system: its share of caches
/// and of memory bandwidth. Specification: config-linux.md, "IntelRdt"; the kernel's document "User Interface for
/// Resource Control feature".
///
/// A value without descriptors: it names directories, so that any process can make it again from the container's state.
/// A class that the configuration names may be others' as well and stays when the container goes; one that has the
/// container's ID goes with it. A crash before `remove` leaves empty groups, which `delete` of the container removes.
struct ResctrlGroup: Equatable {
    /// The class's directory.
    var directory = ""

    /// Whether the class is the container's alone.
    var isOwn = false

    /// The directory of the container's own monitoring group, which the class holds.
    var monitor: String?

    private static let field = "linux.intelRdt"

    /// Where the container's groups are, of which none needs to be there yet.
    /// - Parameter root: where the file system is mounted.
    init(_ configuration: LinuxIntelRDT, containerID: String, root: String) {
        let name = configuration.closID ?? ""
        directory = root + "/" + (name.isEmpty ? containerID : name)
        isOwn = name.isEmpty
        monitor = configuration.enableMonitoring ? directory + "/mon_groups/" + containerID : nil
    }

    init() {}

    /// Where the host's file system is mounted.
    static func root() throws(ContainerError) -> String {
        let table: String
        do {
            table = try SmallFile.text("/proc/self/mountinfo", limit: 64 << 20)
        } catch {
            throw ContainerError(field, error)
        }
        guard let root = mountPoint(in: table) else {
            throw ContainerError(
                .failedPrecondition,
                "\(field): the host has no resctrl file system mounted, by which caches and memory bandwidth are shared"
            )
        }
        return root
    }

    /// See proc_pid_mountinfo(5).
    static func mountPoint(in table: String) -> String? {
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash > 4, fields.count > dash + 1,
                fields[dash + 1] == "resctrl"
            else { continue }
            return String(fields[4])
        }
        return nil
    }
}

extension ResctrlGroup {
    /// Makes what is missing, and gives the class its share. On failure nothing is left that was not there.
    ///
    /// A class that the configuration names without a share must be there; one that is there must have the share that
    /// l3CacheSchema and memBwSchema name, as others may be in it.
    func create(_ configuration: LinuxIntelRDT) throws(ContainerError) {
        let lines = configuration.lines
        let isThere = Directory.exists(directory)
        if isThere, !isOwn {
            try requireClass()
            let expected = configuration.legacyLines
            if !expected.isEmpty { try compare(expected) }
            if !configuration.schemata.isEmpty { try write(lines) }
        } else if !isThere, !isOwn, lines.isEmpty {
            throw ContainerError(
                .failedPrecondition,
                "\(Self.field).closID: \"\(directory)\" is not there, and no share is named to make it by")
        } else {
            try make(directory)
            do {
                if !lines.isEmpty { try write(lines) }
            } catch {
                try? Directory.remove(directory)
                throw error
            }
        }
        guard let monitor else { return }
        do {
            try make(monitor)
        } catch {
            if !isThere { try? Directory.remove(directory) }
            throw error
        }
    }

    /// Moves a process of one thread in, and what it starts from then on.
    func add(_ process: Int32) throws(ContainerError) {
        for group in [directory, monitor].compactMap({ $0 }) {
            do {
                try SmallFile.write(String(process), to: group + "/tasks")
            } catch {
                throw ContainerError(Self.field, error)
            }
        }
    }

    /// Changes the share of the class, for all that are in it.
    func update(_ configuration: LinuxIntelRDT) throws(ContainerError) {
        try write(configuration.lines)
    }

    /// Removes what is the container's own. What is gone already is fine.
    func remove() throws(ContainerError) {
        for group in [monitor, isOwn ? directory : nil].compactMap({ $0 }) {
            do {
                try Directory.remove(group)
            } catch {
                guard error.errno == .noSuchFile else { throw ContainerError(Self.field, error) }
            }
        }
    }

    private func make(_ group: String) throws(ContainerError) {
        do {
            try Directory.make(group)
        } catch {
            // What a crashed creator left, of a container of this very name.
            guard error.errno == .exists else { throw ContainerError(Self.field, error) }
        }
    }

    /// The file system's own directories look like classes by their names only.
    private func requireClass() throws(ContainerError) {
        guard (try? FileDescriptor.open(directory + "/schemata", .pathOnly)) != nil else {
            throw ContainerError(.invalidArgument, "\(Self.field).closID: \"\(directory)\" is no class of service")
        }
    }

    private func write(_ lines: [String]) throws(ContainerError) {
        do {
            try SmallFile.write(lines.map { $0 + "\n" }.joined(), to: directory + "/schemata")
        } catch {
            let reason = lastStatus.map { " (\($0))" } ?? ""
            throw ContainerError(
                ContainerError.Code(error.errno),
                "\(Self.field): share \"\(lines.joined(separator: ", "))\": \(error)\(reason)")
        }
    }

    /// The kernel's own words for what it refused last.
    private var lastStatus: String? {
        let root = directory.prefix(upTo: directory.lastIndex(of: "/") ?? directory.startIndex)
        let text = (try? SmallFile.text(root + "/info/last_cmd_status")) ?? ""
        let line = text.split(separator: "\n").first.map(String.init)
        return line == "ok" ? nil : line
    }

    private func compare(_ expected: [String]) throws(ContainerError) {
        let text: String
        do {
            text = try SmallFile.text(directory + "/schemata")
        } catch {
            throw ContainerError(Self.field, error)
        }
        let found = ResourceShares(text.split(separator: "\n").map(String.init))
        guard ResourceShares(expected).isPart(of: found) else {
            throw ContainerError(
                .failedPrecondition,
                "\(Self.field): class \"\(directory)\" is there with another share: expected"
                    + " \"\(expected.joined(separator: ", "))\"")
        }
    }
}

extension ResctrlGroup: JSONRecord {
    mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("directory", &directory)
        try json.field("isOwn", &isOwn)
        try json.field("monitor", &monitor)
    }
}

extension LinuxIntelRDT {
    /// What goes into the class's `schemata`, line by line.
    fileprivate var lines: [String] { legacyLines + schemata }

    /// Of l3CacheSchema and memBwSchema. A bandwidth in the former gives way to the latter.
    fileprivate var legacyLines: [String] {
        let cache = (l3CacheSchema ?? "").split(separator: "\n").map(String.init)
        guard let memBwSchema, !memBwSchema.isEmpty else { return cache }
        return cache.filter { !$0.hasPrefix("MB:") } + [memBwSchema]
    }
}
