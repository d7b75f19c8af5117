internal import Kernel
package import RuntimeSpec

extension CgroupManager {
    /// The cgroups of a unit that systemd will make. Asks the manager where its units are.
    /// - Parameter path: `linux.cgroupsPath` as `slice:prefix:name`; nil is a scope with the container's ID in the
    ///   manager's usual slice.
    /// - Throws: `state` where no manager answers.
    package init(systemdPath path: String?, containerID: String, layout: CgroupLayout) throws(CgroupError) {
        try self.init(
            systemdPath: path, containerID: containerID, layout: layout, isUser: Self.isRootless
        ) { (isUser) throws(CgroupError) in try SystemdManager(isUser: isUser).cgroup }
    }

    /// `root` answers with the cgroup that all of a manager's units lie in.
    init(
        systemdPath path: String?, containerID: String, layout: CgroupLayout, isUser: Bool,
        root: (_ isUser: Bool) throws(CgroupError) -> String
    ) throws(CgroupError) {
        guard !layout.hierarchies.isEmpty || layout.unified != nil else {
            throw .state("no cgroup hierarchy is mounted")
        }
        let unit = try SystemdUnit(
            path: path, containerID: containerID, isUser: isUser, onVersion2: layout.mode == .unified)
        let tail = try root(isUser) + unit.directory
        self.init(
            mode: layout.mode,
            legacy: layout.hierarchies.map { hierarchy in
                LegacyCgroup(
                    controllers: hierarchy.controllers, mountPoint: hierarchy.mountPoint,
                    path: hierarchy.mountPoint + tail)
            },
            unified: layout.unified.map { UnifiedCgroup(mountPoint: $0.mountPoint, path: $0.mountPoint + tail) },
            unit: unit)
    }

    /// Whether the caller's manager is his own: he is not root, or only the root of a user namespace.
    private static var isRootless: Bool {
        if effectiveUser() != 0 { return true }
        let map = (try? SmallFile.text("/proc/self/uid_map")) ?? ""
        return map.split(separator: "\n").first?.split(separator: " ") != ["0", "0", "4294967295"]
    }

    /// Has systemd make the unit, with a process that waits to be placed, and makes what of the cgroups systemd does not:
    /// controllers that it knows nothing of. The unit ends with its last process; ``remove()`` stops it.
    package func startUnit(
        containerID: String, process: Int32, resources: Resources, annotations: [String: String]
    ) throws(CgroupError) {
        guard let unit else { return }
        let manager = try SystemdManager(isUser: unit.isUser)
        var properties = SystemdProperty.identity(
            of: unit, containerID: containerID, process: process, isUnified: mode == .unified)
        properties += try unitProperties(resources, unit, manager, DeviceAccess.complete(resources.devices))
        properties += try SystemdAnnotations.properties(annotations)
        try manager.start(unit.name, properties)
        do throws(CgroupError) {
            for cgroup in legacy { try cgroup.createShared() }
            guard let unified else { return }
            unified.completeControllers()
            // A slice gets no processes by its properties.
            guard unit.isSlice else { return }
            do throws(SystemCallError) {
                try unified.directory.write("cgroup.procs", String(process))
            } catch {
                throw .system(error, field: nil)
            }
        } catch {
            try? kill()
            try? remove()
            throw error
        }
    }

    /// Tells systemd of limits that change, before the cgroup's files are written.
    func updateUnit(_ resources: Resources) throws(CgroupError) {
        guard let unit else { return }
        let manager = try SystemdManager(isUser: unit.isUser)
        let rules = resources.devices.isEmpty ? nil : DeviceAccess.complete(resources.devices)
        let properties = try unitProperties(resources, unit, manager, rules)
        if !properties.isEmpty { try manager.set(unit.name, properties) }
    }

    /// Stops the unit, whose processes have ended or been killed. Without a manager that answers there is nothing to
    /// be stopped: a unit without processes ends by itself.
    func stopUnit() throws(CgroupError) {
        guard let unit, let manager = try? SystemdManager(isUser: unit.isUser) else { return }
        try manager.stop(unit.name)
    }

    private func unitProperties(
        _ resources: Resources, _ unit: SystemdUnit, _ manager: SystemdManager, _ rules: [DeviceAccess]?
    ) throws(CgroupError) -> [SystemdProperty] {
        let limits = SystemdResources(isUnified: mode == .unified, version: manager.version)
        var properties = try limits.properties(resources)
        // A user's manager has no say over devices.
        if let rules, !unit.isUser {
            properties += SystemdDevices.properties(rules, table: (try? SmallFile.text("/proc/devices")) ?? "")
        }
        return properties
    }
}
