internal import CTaskAPI
package import TTRPC

/// One call of the Sandbox service, by which a daemon treats a shim as a group of containers.
package enum SandboxCall: Hashable, Sendable {
    /// - Parameter hasRootfs: whether the sandbox is to have a root file system, hence a process, of its own.
    case create(id: String, hasRootfs: Bool)
    case start(id: String)
    case platform(id: String)
    /// - Parameter timeout: how long its containers may take to end by themselves, in seconds.
    case stop(id: String, timeout: UInt32)
    case wait(id: String)
    case status(id: String)
    case ping(id: String)
    case shutdown(id: String)
    case metrics(id: String)

    package static let service = "containerd.runtime.sandbox.v1.Sandbox"

    /// - Throws: `unimplemented` for a method that is not there, `invalidArgument` for bytes that are no such message.
    package init(_ request: Request) throws(Status) {
        let payload = request.payload
        switch request.method {
        case "CreateSandbox":
            self = try decoding(payload, with: containerd__runtime__sandbox__v1__create_sandbox_request__unpack) {
                .create(id: String(field: $0.sandbox_id), hasRootfs: $0.n_rootfs > 0)
            }
        case "StopSandbox":
            self = try decoding(payload, with: containerd__runtime__sandbox__v1__stop_sandbox_request__unpack) {
                .stop(id: String(field: $0.sandbox_id), timeout: $0.timeout_secs)
            }
        case "StartSandbox": self = .start(id: try Self.id(payload))
        case "Platform": self = .platform(id: try Self.id(payload))
        case "WaitSandbox": self = .wait(id: try Self.id(payload))
        case "SandboxStatus": self = .status(id: try Self.id(payload))
        case "PingSandbox": self = .ping(id: try Self.id(payload))
        case "ShutdownSandbox": self = .shutdown(id: try Self.id(payload))
        case "SandboxMetrics": self = .metrics(id: try Self.id(payload))
        default: throw Status(.unimplemented, "method \"\(request.method)\" is not served here")
        }
    }

    /// The only field that counts of the other requests, in each of them the first, which the smallest of them reads.
    private static func id(_ payload: [UInt8]) throws(Status) -> String {
        try decoding(payload, with: containerd__runtime__sandbox__v1__ping_request__unpack) {
            String(field: $0.sandbox_id)
        }
    }
}
