/// What the runtime can do. Specification: features.md.
package struct Features: Sendable, Equatable {
    package var ociVersionMin: String = ""
    package var ociVersionMax: String = ""
    package var hooks: [String] = []
    package var mountOptions: [String] = []
    package var linux: LinuxFeatures?
    package var annotations: [String: String] = [:]

    /// Annotations that change what the runtime does; a name that ends in a dot is a prefix.
    package var potentiallyUnsafeConfigAnnotations: [String] = []

    package init() {}
}

extension Features: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("ociVersionMin", &ociVersionMin)
        try json.required("ociVersionMax", &ociVersionMax)
        try json.field("hooks", &hooks)
        try json.field("mountOptions", &mountOptions)
        try json.field("linux", &linux)
        try json.field("annotations", &annotations)
        try json.field("potentiallyUnsafeConfigAnnotations", &potentiallyUnsafeConfigAnnotations)
    }
}
