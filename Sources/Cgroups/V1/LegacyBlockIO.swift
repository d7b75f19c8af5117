internal import RuntimeSpec

/// The version 1 blkio controller. See the kernel's document "Block IO Controller".
struct LegacyBlockIO {
    let directory: ControlDirectory

    private static let fields = "linux.resources.blockIO."

    func set(_ blockIO: BlockIOResources) throws(CgroupError) {
        if let weight = blockIO.weight, weight != 0 {
            try directory.set(weightFile, String(weight), field: Self.fields + "weight")
        }
        if let weight = blockIO.leafWeight, weight != 0 {
            try directory.set("blkio.leaf_weight", String(weight), field: Self.fields + "leafWeight")
        }
        for (index, device) in blockIO.weightDevice.enumerated() {
            let field = Self.fields + "weightDevice[\(index)]"
            let number = "\(device.major):\(device.minor)"
            if let weight = device.weight, weight != 0 {
                try directory.set(weightFile + "_device", "\(number) \(weight)", field: field + ".weight")
            }
            if let weight = device.leafWeight, weight != 0 {
                try directory.set("blkio.leaf_weight_device", "\(number) \(weight)", field: field + ".leafWeight")
            }
        }
        for throttle in blockIO.throttles {
            for (index, device) in throttle.devices.enumerated() {
                try directory.set(
                    throttle.legacyFile, "\(device.major):\(device.minor) \(device.rate)",
                    field: Self.fields + "\(throttle.field)[\(index)]")
            }
        }
    }

    /// The scheduler that enforces weights was CFQ and is BFQ now.
    private var weightFile: String {
        directory.has("blkio.weight") ? "blkio.weight" : "blkio.bfq.weight"
    }
}
