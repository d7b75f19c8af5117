internal import Kernel
internal import RuntimeSpec

/// The root file system of a container that is being restored, where criu finds it: criu wants a mount point with
/// nothing mounted over its parents. Below the state directory, until the value is let go of; what a crash leaves there
/// goes with the state directory.
struct RestoreMounts: ~Copyable {
    let root: String
    /// A directory without anything in it, which no container can write to.
    let emptyDirectory: String
    private let state: String

    private static let rootName = "criu-root"
    private static let coverName = "criu-cover"

    init(_ plan: RootfsPlan, state: String) throws(ContainerError) {
        self.state = state
        root = state + "/" + Self.rootName
        emptyDirectory = state + "/" + Self.coverName
        do throws(SystemCallError) {
            try Self.attachRoot(plan, root)
            let cover = try DetachedMount.filesystem(
                type: "tmpfs", source: "tmpfs",
                options: MountOptions(["ro", "nosuid", "nodev", "noexec", "mode=555", "nr_inodes=1"]))
            try Directory.make(emptyDirectory, mode: 0o700)
            let place = try FileDescriptor.open(emptyDirectory, [.pathOnly, .directory])
            try attachMount(cover.rawValue, onto: place.rawValue)
        } catch {
            Self.remove(state)
            throw ContainerError("mount \"\(root)\"", error)
        }
    }

    deinit {
        Self.remove(state)
    }

    private static func attachRoot(_ plan: RootfsPlan, _ place: String) throws(SystemCallError) {
        try Directory.make(place, mode: 0o700)
        var target = try FileDescriptor.open(place, [.pathOnly, .directory])
        guard !plan.layers.isEmpty else {
            let copy = try cloneMount(plan.path, recursive: true)
            return try attachMount(copy.rawValue, onto: target.rawValue)
        }
        for layer in plan.layers {
            let mount = try layer.build()
            try attachMount(mount.rawValue, onto: target.rawValue)
            target = mount
        }
    }

    /// Makes what further mounts need to be there, as the creation of a container does. What criu restores itself, on a
    /// tmpfs, and what lies in a bind mount is left alone.
    borrowing func makeMountPoints(_ mounts: [MountPlan]) throws(ContainerError) {
        var covered: [String] = []
        for mount in mounts {
            if covered.contains(where: { mount.destination.hasPrefix($0 + "/") }) { continue }
            do throws(SystemCallError) {
                let root = RootDirectory(try FileDescriptor.open(self.root, [.pathOnly, .directory]))
                switch mount.kind {
                case .bind(let source, _):
                    covered.append(mount.destination)
                    if !Directory.exists(source) {
                        _ = try root.makeFile(mount.destination)
                        continue
                    }
                case .filesystem(let type, _): if type == "tmpfs" { covered.append(mount.destination) }
                case .cgroup, .remount: continue
                }
                _ = try root.makeDirectories(mount.destination)
            } catch {
                throw ContainerError("mount point \"\(mount.destination)\"", error)
            }
        }
    }

    /// Of a state directory; nothing there is fine.
    static func remove(_ state: String) {
        for name in [rootName, coverName] {
            let path = state + "/" + name
            while (try? detachMount(path)) != nil {}
            try? Directory.remove(path)
        }
    }
}
