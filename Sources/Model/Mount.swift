/// A mount that a snapshot driver asks for and a shim or an unpacker performs. `containerd.types.Mount`.
package struct Mount: Hashable, Sendable {
    /// A file system type, or "bind".
    package var type: String
    package var source: String
    /// Where below the root file system; empty for its root.
    package var target: String
    /// fstab style: flags and data, such as "ro", "lowerdir=…".
    package var options: [String]

    package init(type: String, source: String, target: String = "", options: [String]) {
        self.type = type
        self.source = source
        self.target = target
        self.options = options
    }
}
