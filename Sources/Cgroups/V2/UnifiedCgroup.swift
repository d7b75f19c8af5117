internal import Kernel
internal import RuntimeSpec

/// The container's version 2 cgroup. See the kernel's document "Control Group v2".
struct UnifiedCgroup: Sendable, Equatable {
    let mountPoint: String
    let directory: ControlDirectory

    init(mountPoint: String, path: String) {
        self.mountPoint = mountPoint
        directory = ControlDirectory(path)
    }

    /// Makes the directory, with all the controllers that the host has. A controller that an ancestor withholds is
    /// missed where a limit needs it. Answers whether it made the directory.
    func create() throws(CgroupError) -> Bool {
        let made = try directory.make(below: mountPoint)
        completeControllers()
        return made
    }

    /// Gives the cgroup, which is there, the controllers that it lacks, as far as the host has them.
    func completeControllers() {
        let wanted = controllers(of: ControlDirectory(mountPoint))
        if !wanted.isSubset(of: controllers(of: directory)) { enableControllers() }
    }

    private func controllers(of directory: ControlDirectory) -> Set<Substring> {
        let text = (try? directory.text("cgroup.controllers")) ?? ""
        return Set(text.split { $0 == " " || $0 == "\n" })
    }

    /// Hands controllers down from the mount point to the parent: all at once, or each alone if that fails.
    private func enableControllers() {
        var ancestors: [ControlDirectory] = []
        var next = directory.parent
        while let ancestor = next, ancestor.path.utf8.count >= mountPoint.utf8.count {
            ancestors.append(ancestor)
            next = ancestor.parent
        }
        for ancestor in ancestors.reversed() {
            let names = controllers(of: ancestor).map { "+" + $0 }.sorted()
            if names.isEmpty { continue }
            if (try? ancestor.write("cgroup.subtree_control", names.joined(separator: " "))) != nil { continue }
            for name in names { try? ancestor.write("cgroup.subtree_control", name) }
        }
    }

    func set(_ resources: Resources) throws(CgroupError) {
        if let memory = resources.memory { try UnifiedMemory(directory: directory).set(memory) }
        if let cpu = resources.cpu { try UnifiedCPU(directory: directory).set(cpu) }
        if let limit = resources.pids?.limit, limit != 0 {
            try directory.set("pids.max", limit < 0 ? "max" : String(limit), field: "linux.resources.pids.limit")
        }
        if let blockIO = resources.blockIO { try UnifiedIO(directory: directory).set(blockIO) }
        for (index, limit) in resources.hugepageLimits.enumerated() {
            let field = "linux.resources.hugepageLimits[\(index)]"
            try directory.set("hugetlb.\(limit.pageSize).max", String(limit.limit), field: field)
            let reserved = "hugetlb.\(limit.pageSize).rsvd.max"
            if directory.has(reserved) { try directory.set(reserved, String(limit.limit), field: field) }
        }
        if let network = resources.network, (network.classID ?? 0) != 0 || !network.priorities.isEmpty {
            throw .unsupported(
                field: "linux.resources.network", missing: "cgroup version 2 has no net_cls and net_prio")
        }
        for (device, limits) in resources.rdma.sorted(by: { $0.key < $1.key }) {
            try directory.set("rdma.max", limits.line(device), field: "linux.resources.rdma[\"\(device)\"]")
        }
        for (file, value) in resources.unified.sorted(by: { $0.key < $1.key }) {
            guard !file.contains("/") else {
                throw .invalid(field: "linux.resources.unified", message: "expected a file's name, found \"\(file)\"")
            }
            try directory.set(file, value, field: "linux.resources.unified[\"\(file)\"]")
        }
    }

    /// Puts the program for the rules in force, in the place of an earlier one.
    func setDevices(_ rules: [DeviceAccess]) throws(CgroupError) {
        do {
            let cgroup = try FileDescriptor.open(directory.path, [.readOnly, .directory])
            let program = try DeviceProgram(instructions: DeviceProgramSource(rules).instructions)
            try program.replaceAll(onCgroup: cgroup.rawValue)
        } catch {
            throw .system(error, field: "linux.resources.devices")
        }
    }
}
