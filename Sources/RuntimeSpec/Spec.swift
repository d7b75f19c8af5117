/// A container's configuration: config.json of a bundle, for Linux.
///
/// Sections for other platforms are ignored when read and do not appear when written.
/// Specification: config.md.
package struct Spec: Sendable, Equatable {
    /// The version of the specification that the document was written to.
    package var ociVersion: String = ""

    /// Absent for a container that is only created, never started.
    package var process: ProcessSpec?

    package var root: Root?
    package var hostname: String?
    package var domainname: String?

    /// In the order in which they are made.
    package var mounts: [Mount] = []

    package var hooks: Hooks?
    package var annotations: [String: String] = [:]
    package var linux: Linux?

    package init() {}

    /// Reads config.json. Checks syntax, types and ranges; ``validate()`` checks what the fields mean together.
    package init(parsing document: UnsafeRawBufferPointer) throws(SpecError) {
        self = try JSONReader.parse(Spec.self, document)
    }
}

extension Spec: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("ociVersion", &ociVersion)
        try json.field("process", &process)
        try json.field("root", &root)
        try json.field("hostname", &hostname)
        try json.field("domainname", &domainname)
        try json.field("mounts", &mounts)
        try json.field("hooks", &hooks)
        try json.field("annotations", &annotations)
        try json.field("linux", &linux)
    }
}
