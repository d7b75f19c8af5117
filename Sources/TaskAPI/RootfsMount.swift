internal import CTaskAPI

/// `containerd.types.Mount`: one layer of what is to stand at the bundle's `rootfs`.
package struct RootfsMount: Hashable, Sendable {
    package var type: String
    package var source: String
    /// Below `rootfs`; empty for `rootfs` itself.
    package var target: String
    /// As in fstab(5).
    package var options: [String]

    package init(type: String, source: String, target: String = "", options: [String] = []) {
        self.type = type
        self.source = source
        self.target = target
        self.options = options
    }

    init(_ message: Containerd__Types__Mount) {
        type = String(field: message.type)
        source = String(field: message.source)
        target = String(field: message.target)
        options = (0..<message.n_options).map { String(field: message.options[$0]) }
    }
}

extension Arena {
    func mounts(_ mounts: [RootfsMount]) -> UnsafeMutablePointer<UnsafeMutablePointer<Containerd__Types__Mount>?> {
        list(
            mounts.map { mount in
                message(Containerd__Types__Mount(), containerd__types__mount__init) {
                    $0.type = string(mount.type)
                    $0.source = string(mount.source)
                    $0.target = string(mount.target)
                    $0.n_options = mount.options.count
                    $0.options = list(mount.options.map { string($0) })
                }
            })
    }
}
