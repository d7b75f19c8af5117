internal import Kernel
package import RuntimeSpec

extension CgroupManager {
    /// Applies a new container's resources. Access to devices is always restricted, to nothing but the default nodes if
    /// there are no rules.
    package func apply(_ resources: Resources) throws(CgroupError) {
        if isNone { return try refuse(resources) }
        try setDevices(resources.devices, isUpdate: false)
        try set(resources)
    }

    /// Changes a running container's resources: what is not mentioned stays as it is.
    package func update(_ resources: Resources) throws(CgroupError) {
        if isNone { return try refuse(resources) }
        try updateUnit(resources)
        if !resources.devices.isEmpty { try setDevices(resources.devices, isUpdate: true) }
        try set(resources)
    }

    private func refuse(_ resources: Resources) throws(CgroupError) {
        guard resources.asksForCgroups else { return }
        throw .unsupported(field: "linux.resources", missing: "the container has no cgroup")
    }

    private func set(_ resources: Resources) throws(CgroupError) {
        if mode == .unified, let unified {
            try unified.set(resources)
        } else {
            try setLegacy(resources)
        }
    }

    private func setDevices(_ rules: [DeviceRule], isUpdate: Bool) throws(CgroupError) {
        let complete = DeviceAccess.complete(rules)
        if let directory = directory(of: "devices") {
            return try LegacyDevices(directory: directory).set(complete, isUpdate: isUpdate)
        }
        guard let unified else {
            throw .unsupported(field: "linux.resources.devices", missing: "no cgroup controller \"devices\" is mounted")
        }
        try unified.setDevices(complete)
    }

    /// The version 1 cgroup for a field that was given.
    private func require(_ controller: String, for field: String) throws(CgroupError) -> ControlDirectory {
        guard let directory = directory(of: controller) else {
            throw .unsupported(field: field, missing: "no cgroup controller \"\(controller)\" is mounted")
        }
        return directory
    }

    private func setLegacy(_ resources: Resources) throws(CgroupError) {
        if let memory = resources.memory, let field = memory.firstField {
            try LegacyMemory(directory: require("memory", for: field)).set(memory)
        }
        if let cpu = resources.cpu {
            if let field = cpu.firstTimeField { try LegacyCPU(directory: require("cpu", for: field)).set(cpu) }
            if let field = cpu.firstSetField { try LegacyCPUSet.set(cpu, in: require("cpuset", for: field)) }
        }
        if let limit = resources.pids?.limit, limit != 0 {
            let field = "linux.resources.pids.limit"
            try require("pids", for: field).set("pids.max", limit < 0 ? "max" : String(limit), field: field)
        }
        if let blockIO = resources.blockIO, let field = blockIO.firstField {
            try LegacyBlockIO(directory: require("blkio", for: field)).set(blockIO)
        }
        for (index, limit) in resources.hugepageLimits.enumerated() {
            let field = "linux.resources.hugepageLimits[\(index)]"
            try LegacyHugePages.set(limit, in: require("hugetlb", for: field), field: field)
        }
        if let network = resources.network {
            if let classID = network.classID, classID != 0 {
                let field = "linux.resources.network.classID"
                try require("net_cls", for: field).set("net_cls.classid", String(classID), field: field)
            }
            for (index, entry) in network.priorities.enumerated() {
                let field = "linux.resources.network.priorities[\(index)]"
                try require("net_prio", for: field)
                    .set("net_prio.ifpriomap", "\(entry.name) \(entry.priority)", field: field)
            }
        }
        for (device, limits) in resources.rdma.sorted(by: { $0.key < $1.key }) {
            let field = "linux.resources.rdma[\"\(device)\"]"
            try require("rdma", for: field).set("rdma.max", limits.line(device), field: field)
        }
        if let file = resources.unified.keys.min() {
            throw .unsupported(
                field: "linux.resources.unified[\"\(file)\"]",
                missing: "the controllers are mounted as cgroup version 1")
        }
    }
}

extension RDMAResources {
    /// As `rdma.max` takes it.
    func line(_ device: String) -> String {
        device + " hca_handle=" + (hcaHandles.map { String($0) } ?? "max")
            + " hca_object=" + (hcaObjects.map { String($0) } ?? "max")
    }
}

extension MemoryResources {
    /// The JSON path of the first field that asks for something.
    var firstField: String? {
        let fields: [(String, Bool)] = [
            ("limit", (limit ?? 0) != 0), ("swap", (swap ?? 0) != 0), ("reservation", (reservation ?? 0) != 0),
            ("kernel", (kernel ?? 0) != 0), ("kernelTCP", (kernelTCP ?? 0) != 0), ("swappiness", swappiness != nil),
            ("disableOOMKiller", disableOOMKiller == true),
        ]
        return fields.first { $0.1 }.map { "linux.resources.memory." + $0.0 }
    }
}

extension CPUResources {
    /// The JSON path of the first field about CPU time.
    var firstTimeField: String? {
        let fields: [(String, Bool)] = [
            ("shares", (shares ?? 0) != 0), ("quota", (quota ?? 0) != 0), ("period", (period ?? 0) != 0),
            ("burst", burst != nil), ("realtimeRuntime", (realtimeRuntime ?? 0) != 0),
            ("realtimePeriod", (realtimePeriod ?? 0) != 0), ("idle", idle != nil),
        ]
        return fields.first { $0.1 }.map { "linux.resources.cpu." + $0.0 }
    }

    /// The JSON path of the first field about which CPUs and memory nodes.
    var firstSetField: String? {
        if cpus != nil { return "linux.resources.cpu.cpus" }
        return mems == nil ? nil : "linux.resources.cpu.mems"
    }
}

extension BlockIOResources {
    /// The JSON path of the first field that asks for something.
    var firstField: String? {
        let fields: [(String, Bool)] = [
            ("weight", (weight ?? 0) != 0), ("leafWeight", (leafWeight ?? 0) != 0),
            ("weightDevice", !weightDevice.isEmpty), ("throttleReadBpsDevice", !throttleReadBpsDevice.isEmpty),
            ("throttleWriteBpsDevice", !throttleWriteBpsDevice.isEmpty),
            ("throttleReadIOPSDevice", !throttleReadIOPSDevice.isEmpty),
            ("throttleWriteIOPSDevice", !throttleWriteIOPSDevice.isEmpty),
        ]
        return fields.first { $0.1 }.map { "linux.resources.blockIO." + $0.0 }
    }

    /// The limits of each kind: JSON name, file of version 1, key of version 2's `io.max`.
    var throttles: [(field: String, legacyFile: String, unifiedKey: String, devices: [BlockIOThrottle])] {
        [
            ("throttleReadBpsDevice", "blkio.throttle.read_bps_device", "rbps", throttleReadBpsDevice),
            ("throttleWriteBpsDevice", "blkio.throttle.write_bps_device", "wbps", throttleWriteBpsDevice),
            ("throttleReadIOPSDevice", "blkio.throttle.read_iops_device", "riops", throttleReadIOPSDevice),
            ("throttleWriteIOPSDevice", "blkio.throttle.write_iops_device", "wiops", throttleWriteIOPSDevice),
        ]
    }
}

extension Resources {
    /// Whether anything but rules for devices is asked for, which a user without rights cannot enforce, and need not:
    /// his containers have no devices but those that he has himself.
    package var asksForCgroups: Bool {
        let asksForMemory = memory.map { $0.firstField != nil } ?? false
        let asksForTime = cpu.map { $0.firstTimeField != nil || $0.firstSetField != nil } ?? false
        return asksForMemory || asksForTime || (pids?.limit ?? 0) != 0 || blockIO?.firstField != nil
            || !hugepageLimits.isEmpty || (network?.classID ?? 0) != 0 || !(network?.priorities ?? []).isEmpty
            || !rdma.isEmpty || !unified.isEmpty
    }
}
