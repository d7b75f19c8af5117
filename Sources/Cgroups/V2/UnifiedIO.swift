internal import RuntimeSpec

/// The version 2 io controller.
struct UnifiedIO {
    let directory: ControlDirectory

    private static let fields = "linux.resources.blockIO."

    func set(_ blockIO: BlockIOResources) throws(CgroupError) {
        if (blockIO.leafWeight ?? 0) != 0 {
            throw .unsupported(field: Self.fields + "leafWeight", missing: "cgroup version 2 has no leaf weights")
        }
        if let weight = blockIO.weight, weight != 0 { try set(weight: weight, device: nil, Self.fields + "weight") }
        for (index, device) in blockIO.weightDevice.enumerated() {
            guard let weight = device.weight, weight != 0 else { continue }
            try set(
                weight: weight, device: "\(device.major):\(device.minor)",
                Self.fields + "weightDevice[\(index)].weight")
        }
        for throttle in blockIO.throttles {
            for (index, device) in throttle.devices.enumerated() {
                let rate = device.rate == 0 ? "max" : String(device.rate)
                try directory.set(
                    "io.max", "\(device.major):\(device.minor) \(throttle.unifiedKey)=\(rate)",
                    field: Self.fields + "\(throttle.field)[\(index)]")
            }
        }
    }

    /// BFQ has the specification's range, 10 to 1000; io.cost has 1 to 10000.
    private func set(weight: UInt16, device: String?, _ field: String) throws(CgroupError) {
        let prefix = device.map { $0 + " " } ?? ""
        if directory.has("io.bfq.weight") {
            try directory.set("io.bfq.weight", prefix + String(weight), field: field)
        } else {
            let converted = 1 + (UInt64(max(weight, 10)) - 10) * 9999 / 990
            try directory.set("io.weight", (device ?? "default") + " \(converted)", field: field)
        }
    }
}
