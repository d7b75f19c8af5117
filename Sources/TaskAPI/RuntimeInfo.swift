internal import CTaskAPI

/// `containerd.types.RuntimeInfo`: what a shim says of itself.
package struct RuntimeInfo: Hashable, Sendable {
    package var name: String
    package var version: String

    package init(name: String, version: String) {
        self.name = name
        self.version = version
    }

    package func encoded() -> [UInt8] {
        encoding(Containerd__Types__RuntimeInfo(), containerd__types__runtime_info__init) { message, arena in
            message.name = arena.string(name)
            message.version = arena.message(
                Containerd__Types__RuntimeVersion(), containerd__types__runtime_version__init
            ) {
                $0.version = arena.string(version)
            }
        }
    }
}
