internal import Kernel

// Mounts are built complete, attributes and propagation included, before they are attached anywhere, and attached onto
// the very file that was resolved, so that nothing in the container can redirect them.
enum DetachedMount {
    /// Superblock flags that a file system on a device needs to know; for the kernel's own, the mount's attribute
    /// suffices.
    private static let virtualTypes: Set<String> = ["tmpfs", "proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2"]

    /// fsconfig(2) takes values of at most this many bytes.
    private static let longestValue = 255

    static func filesystem(
        type: String, source: String, options: MountOptions, defaults: [(key: String, value: String?)] = []
    ) throws(SystemCallError) -> FileDescriptor {
        let context = try FilesystemContext(type: type)
        try context.set("source", source)
        for (key, value) in defaults where !options.parameters.contains(where: { $0.key == key }) {
            try set(key, value, type: type, context)
        }
        for (key, value) in options.parameters { try set(key, value, type: type, context) }
        if options.set.contains(.readOnly), !virtualTypes.contains(type) { try context.set("ro") }
        let attributes = options.copiesUp ? options.set.subtracting(.readOnly) : options.set
        return try context.mount(attributes)
    }

    private static func set(
        _ key: String, _ value: String?, type: String, _ context: borrowing FilesystemContext
    ) throws(SystemCallError) {
        guard let value else { return try context.set(key) }
        if type == "overlay", key == "lowerdir", value.utf8.count > longestValue {
            for layer in value.split(separator: ":") { try context.set("lowerdir+", String(layer)) }
        } else {
            try context.set(key, value)
        }
    }

    /// A copy of the host's mount at `source`. Attributes that it has stay: they may be what the host protects itself
    /// with.
    ///
    /// runc drops attributes of the source that the options do not repeat when it remounts; here a volume of a `nosuid`
    /// mount stays `nosuid` unless the options say `suid`.
    static func bind(source: String, recursive: Bool) throws(SystemCallError) -> FileDescriptor {
        try cloneMount(source, recursive: recursive)
    }

    /// Applies what the options say of a bind mount's attributes.
    static func apply(_ options: MountOptions, to mount: Int32) throws(SystemCallError) {
        if options.set != [] || options.clear != [] {
            try setMountAttributes(mount, set: options.set, clear: options.clear)
        }
        try applyRecursive(options, to: mount)
    }

    static func applyRecursive(_ options: MountOptions, to mount: Int32) throws(SystemCallError) {
        guard options.recursiveSet != [] || options.recursiveClear != [] else { return }
        try setMountAttributes(mount, set: options.recursiveSet, clear: options.recursiveClear, recursive: true)
    }

    static func applyPropagation(_ options: MountOptions, to mount: Int32) throws(SystemCallError) {
        for (kind, recursive) in options.propagation {
            try setMountAttributes(mount, propagation: kind, recursive: recursive)
        }
    }
}
