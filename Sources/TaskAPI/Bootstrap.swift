internal import CTaskAPI
package import TTRPC

/// `containerd.runtime.bootstrap.v1.BootstrapParams`: what containerd 2.3 and later write to the standard input of
/// `start`, in place of flags, variables and bare options.
package struct BootstrapRequest: Hashable, Sendable {
    package var id: String
    package var namespace: String
    package var wantsDebugLog: Bool
    /// The daemon's sockets, for events and for its API; empty where not given.
    package var eventsAddress: String
    package var address: String
    /// Where the shim's socket is to be made; nil for the usual place.
    package var socketDirectory: String?

    package init(decoding bytes: [UInt8]) throws(Status) {
        self = try decoding(bytes, with: containerd__runtime__bootstrap__v1__bootstrap_params__unpack) { message in
            BootstrapRequest(
                id: String(field: message.instance_id), namespace: String(field: message.namespace_),
                wantsDebugLog: message.log_level.rawValue
                    <= CONTAINERD__RUNTIME__BOOTSTRAP__V1__LOG_LEVEL__LOG_LEVEL_DEBUG.rawValue,
                eventsAddress: String(field: message.containerd_ttrpc_address),
                address: String(field: message.containerd_grpc_address),
                socketDirectory: message._socket_dir_case
                    == CONTAINERD__RUNTIME__BOOTSTRAP__V1__BOOTSTRAP_PARAMS___SOCKET_DIR_SOCKET_DIR
                    ? String(field: message.socket_dir) : nil)
        }
    }

    private init(
        id: String, namespace: String, wantsDebugLog: Bool, eventsAddress: String, address: String,
        socketDirectory: String?
    ) {
        self.id = id
        self.namespace = namespace
        self.wantsDebugLog = wantsDebugLog
        self.eventsAddress = eventsAddress
        self.address = address
        self.socketDirectory = socketDirectory
    }
}

/// `containerd.runtime.bootstrap.v1.BootstrapResult`: the answer to it.
package struct BootstrapAnswer: Hashable, Sendable {
    /// The newest version of the Task service that is served.
    package var version: Int32
    /// A URL.
    package var address: String

    package init(version: Int32, address: String) {
        self.version = version
        self.address = address
    }

    package func encoded() -> [UInt8] {
        encoding(
            Containerd__Runtime__Bootstrap__V1__BootstrapResult(),
            containerd__runtime__bootstrap__v1__bootstrap_result__init
        ) {
            $0.version = version
            $0.address = $1.string(address)
            $0.protocol = $1.string("ttrpc")
        }
    }
}
