internal import CTaskAPI

/// `containerd.types.RuntimeInfo`: what a shim says of itself.
package struct RuntimeInfo: Hashable, Sendable {
    package var name: String
    package var version: String
    /// The options it was asked with, as they came.
    package var options: TypedValue?
    /// The runtime's features of the runtime specification, as JSON.
    package var features: [UInt8]

    package init(name: String, version: String, options: TypedValue?, features: [UInt8]) {
        self.name = name
        self.version = version
        self.options = options
        self.features = features
    }

    package func encoded() -> [UInt8] {
        encoding(Containerd__Types__RuntimeInfo(), containerd__types__runtime_info__init) { message, arena in
            message.name = arena.string(name)
            message.version = arena.message(
                Containerd__Types__RuntimeVersion(), containerd__types__runtime_version__init
            ) {
                $0.version = arena.string(version)
            }
            if let options { message.options = arena.any(options) }
            message.features = arena.any(TypedValue(typeURL: TypeName.features, value: features))
        }
    }
}
