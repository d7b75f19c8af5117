extension Resources {
    /// Checks what the fields mean. `path` is where the resources stand in their document.
    /// - Parameter isUpdate: whether what they leave out is what a container has already.
    package func validate(at path: String = "linux.resources", isUpdate: Bool = false) throws(SpecError) {
        for (index, rule) in devices.enumerated() { try rule.validate(at: "\(path).devices[\(index)]") }
        try memory?.validate(at: "\(path).memory", isUpdate: isUpdate)
        try cpu?.validate(at: "\(path).cpu")
        if let limit = pids?.limit, limit < -1 {
            throw SpecError(path: "\(path).pids.limit", "expected -1 or more, found \(limit)")
        }
        try blockIO?.validate(at: "\(path).blockIO")
        for (index, limit) in hugepageLimits.enumerated() {
            try limit.validate(at: "\(path).hugepageLimits[\(index)]")
        }
        for (index, entry) in (network?.priorities ?? []).enumerated() where !Linux.isInterfaceName(entry.name) {
            throw SpecError(
                path: "\(path).network.priorities[\(index)].name",
                "expected a network interface's name, found \"\(JSONReader.excerpt(entry.name))\"")
        }
        for device in rdma.keys where !device.isPlainWord {
            throw SpecError(path: "\(path).rdma", "expected a device's name, found \"\(JSONReader.excerpt(device))\"")
        }
        for file in unified.keys where !file.isControlFile {
            throw SpecError(
                path: "\(path).unified",
                "expected a file such as \"memory.high\", found \"\(JSONReader.excerpt(file))\"")
        }
    }
}

extension DeviceRule {
    func validate(at path: String) throws(SpecError) {
        for (name, number) in [("major", major), ("minor", minor)] {
            if let number, !(-1...Int64(UInt32.max)).contains(number) {
                throw SpecError(path: "\(path).\(name)", "expected -1 or a device number, found \(number)")
            }
        }
        for letter in (access ?? "").utf8
        where letter != UInt8(ascii: "r") && letter != UInt8(ascii: "w") && letter != UInt8(ascii: "m") {
            throw SpecError(
                path: "\(path).access",
                "expected letters out of \"rwm\", found \"\(JSONReader.excerpt(access ?? ""))\"")
        }
    }
}

extension MemoryResources {
    func validate(at path: String, isUpdate: Bool) throws(SpecError) {
        let limits = [
            ("limit", limit), ("reservation", reservation), ("swap", swap), ("kernel", kernel),
            ("kernelTCP", kernelTCP),
        ]
        for (name, value) in limits {
            if let value, value < -1 {
                throw SpecError(path: "\(path).\(name)", "expected -1 or more bytes, found \(value)")
            }
        }
        if let swappiness, swappiness > 100 {
            throw SpecError(path: "\(path).swappiness", "expected 0 to 100, found \(swappiness)")
        }
        let limit = limit ?? 0
        guard let swap, swap > 0 else { return }
        if limit == 0, isUpdate { return }
        if limit == 0 { throw SpecError(path: "\(path).swap", "needs \(path).limit") }
        if limit < 0 || swap < limit {
            throw SpecError(
                path: "\(path).swap",
                "counts memory and swap together: expected at least the limit, \(limit), found \(swap)")
        }
    }
}

extension CPUResources {
    func validate(at path: String) throws(SpecError) {
        try cpus?.validateNumberList(at: "\(path).cpus")
        try mems?.validateNumberList(at: "\(path).mems")
        if let idle, idle != 0 && idle != 1 {
            throw SpecError(path: "\(path).idle", "expected 0 or 1, found \(idle)")
        }
        if let burst, let quota, quota > 0, burst > UInt64(quota) {
            throw SpecError(path: "\(path).burst", "expected at most the quota, \(quota), found \(burst)")
        }
    }
}

extension BlockIOResources {
    func validate(at path: String) throws(SpecError) {
        try Self.validate(weight: weight, at: "\(path).weight")
        try Self.validate(weight: leafWeight, at: "\(path).leafWeight")
        for (index, device) in weightDevice.enumerated() {
            let place = "\(path).weightDevice[\(index)]"
            try Self.validate(major: device.major, minor: device.minor, at: place)
            try Self.validate(weight: device.weight, at: "\(place).weight")
            try Self.validate(weight: device.leafWeight, at: "\(place).leafWeight")
        }
        let throttles = [
            ("throttleReadBpsDevice", throttleReadBpsDevice), ("throttleWriteBpsDevice", throttleWriteBpsDevice),
            ("throttleReadIOPSDevice", throttleReadIOPSDevice), ("throttleWriteIOPSDevice", throttleWriteIOPSDevice),
        ]
        for (name, devices) in throttles {
            for (index, device) in devices.enumerated() {
                try Self.validate(major: device.major, minor: device.minor, at: "\(path).\(name)[\(index)]")
            }
        }
    }

    /// Zero means that there is none, as engines write it.
    private static func validate(weight: UInt16?, at path: String) throws(SpecError) {
        if let weight, weight != 0, !(10...1000).contains(weight) {
            throw SpecError(path: path, "expected 10 to 1000, found \(weight)")
        }
    }

    private static func validate(major: Int64, minor: Int64, at path: String) throws(SpecError) {
        guard (0...0xFFF).contains(major), (0...0xFFFFF).contains(minor) else {
            throw SpecError(path: path, "expected a block device's numbers, found \(major):\(minor)")
        }
    }
}

extension HugepageLimit {
    func validate(at path: String) throws(SpecError) {
        let digits = pageSize.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let unit = String(pageSize.dropFirst(digits.count))
        guard !digits.isEmpty, digits.first != UInt8(ascii: "0"), ["KB", "MB", "GB"].contains(unit) else {
            throw SpecError(
                path: "\(path).pageSize",
                "expected a size such as \"2MB\", found \"\(JSONReader.excerpt(pageSize))\"")
        }
    }
}

extension String {
    /// Fit to stand in a line of words in a control file.
    fileprivate var isPlainWord: Bool {
        !isEmpty && utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "/") }
    }

    /// `controller.file`, and nothing that leads out of the cgroup's directory. `cgroup.*` is the runtime's own.
    fileprivate var isControlFile: Bool {
        isPlainWord && utf8.first != UInt8(ascii: ".") && utf8.contains(UInt8(ascii: "."))
    }
}
