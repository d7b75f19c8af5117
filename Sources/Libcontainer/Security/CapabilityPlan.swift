internal import Kernel
internal import RuntimeSpec

/// The five capability sets of a process.
struct CapabilityPlan {
    let bounding: CapabilitySet
    let effective: CapabilitySet
    let inheritable: CapabilitySet
    let permitted: CapabilitySet
    let ambient: CapabilitySet

    /// Names that nobody knows are refused, and so are capabilities that the runtime does not hold itself, which the
    /// kernel would refuse in the end. Without `sets` the process has none.
    init(_ sets: CapabilitySets?, held: CapabilitySet, field: String) throws(ContainerError) {
        let sets = sets ?? CapabilitySets()
        bounding = try Self.parse(sets.bounding, "\(field).bounding")
        effective = try Self.parse(sets.effective, "\(field).effective")
        inheritable = try Self.parse(sets.inheritable, "\(field).inheritable")
        permitted = try Self.parse(sets.permitted, "\(field).permitted")
        ambient = try Self.parse(sets.ambient, "\(field).ambient")
        let missing = permitted.union(effective).subtracting(held).memberNames
        if let name = missing.first {
            throw ContainerError(
                .permissionDenied, "\(field).permitted: \"\(name)\": the runtime does not hold this capability itself")
        }
        // The kernel refuses the first with EPERM and drops or refuses the second, depending on the call.
        if let name = effective.subtracting(permitted).memberNames.first {
            throw ContainerError(.invalidArgument, "\(field).effective: \"\(name)\": is not in the permitted set")
        }
    }

    private static func parse(_ names: [String], _ field: String) throws(ContainerError) -> CapabilitySet {
        var set: CapabilitySet = []
        for name in names {
            guard let capability = CapabilitySet(name: name) else {
                throw ContainerError(.invalidArgument, "\(field): unknown capability \"\(name)\"")
            }
            set.formUnion(capability)
        }
        return set
    }

    /// Before the user changes: what the program, and all it starts, can never get.
    func applyBounding() throws(SetupFailure) {
        try during(.capabilities, "bounding") { () throws(SystemCallError) in try limitBoundingSet(to: bounding) }
    }

    /// After the user has changed. Ambient capabilities that are not also permitted and inheritable are left out, as in
    /// runc.
    func apply() throws(SetupFailure) {
        try during(.capabilities, permitted.memberNames.joined(separator: ",")) { () throws(SystemCallError) in
            try setCapabilities(effective: effective, permitted: permitted, inheritable: inheritable)
            try setAmbientCapabilities(ambient.intersection(permitted).intersection(inheritable))
        }
    }
}
