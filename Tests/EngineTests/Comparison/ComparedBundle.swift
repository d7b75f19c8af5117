internal import Kernel
internal import RuntimeSpec
internal import TestKit

/// One runtime's copy of a bundle. The copies of the others differ in their paths and names only.
struct ComparedBundle {
    let runtime: ComparedRuntime
    let directory: String
    let id: String
    /// Below the workshop's cgroup.
    let cgroup: String

    var rootfs: String { directory + "/rootfs" }
    var input: String { directory + "/in" }
    private var stateRoot: String { directory + "/state" }

    /// What the cases may bind, mask and enter; in every root file system.
    static func furnish(_ workshop: Workshop) throws {
        let scratch = try FileDescriptor.open(workshop.directory, [.readOnly, .directory])
        // A user namespace's root must be able to pass through.
        try changeMode(of: scratch.rawValue, permissions: 0o711)
        let from = try FileDescriptor.open(try Tool.built("guest"), .readOnly)
        let to = try FileDescriptor.open(workshop.rootfs + "/guest", [.writeOnly, .create, .exclusive], mode: 0o755)
        try copyContents(from: from.rawValue, to: to.rawValue)
        for path in ["/volume", "/secret", "/full"] { try makeDirectory(workshop.rootfs + path, mode: 0o755) }
        for path in ["/secret/file", "/full/one", "/etc/name"] {
            try SmallFile.replace(workshop.rootfs + path, with: Array("text of \(path)\n".utf8), mode: 0o644)
        }
    }

    /// Makes the bundle in a new directory of the workshop.
    init(_ runtime: ComparedRuntime, _ name: String, in workshop: Workshop) throws {
        self.runtime = runtime
        directory = "\(workshop.directory)/\(name)-\(runtime.rawValue)"
        id = "\(workshop.name)-\(name)-\(runtime.rawValue)"
        cgroup = "/\(workshop.name)/\(id)"
        try makeDirectory(directory, mode: 0o755)
        // Hard links: the guest is large.
        let copied = try workshop.run(["cp", "--archive", "--link", workshop.rootfs, rootfs])
        guard copied.code == 0 else { throw Tool.Fault(description: copied.errors) }
        // Crun gives its standard input to the container's user, were it the host's /dev/null.
        try SmallFile.replace(input, with: [])
        try makeDirectory(directory + "/data", mode: 0o755)
        try SmallFile.replace(directory + "/data/file", with: Array("data\n".utf8), mode: 0o644)
    }

    func write(_ spec: Spec) throws {
        try SmallFile.replace(directory + "/config.json", with: JSONWriter.bytes(of: spec))
    }

    /// The command line of one of the runtime's commands.
    func words(_ command: [String]) throws -> [String] { try runtime.words(stateRoot: stateRoot) + command }

    /// The same for every copy: paths of this one and its names are replaced by names for them.
    func neutral(_ text: String) -> String {
        text.replacing(directory, with: "BUNDLE").replacing(id, with: "ID")
    }
}
