internal import CTaskAPI
package import TTRPC

/// One call of the Sandbox service, by which a daemon treats a shim as a group of containers.
package enum SandboxCall: Hashable, Sendable {
    /// - Parameters:
    ///   - hasRootfs: whether the sandbox is to have a root file system, hence a process, of its own.
    ///   - cgroupParent: the cgroup that its containers' are to be in, as the CRI names it; empty where it is not told.
    case create(id: String, hasRootfs: Bool, cgroupParent: String)
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
            let (id, hasRootfs, options) = try decoding(
                payload, with: containerd__runtime__sandbox__v1__create_sandbox_request__unpack
            ) { (String(field: $0.sandbox_id), $0.n_rootfs > 0, TypedValue($0.options)) }
            self = .create(id: id, hasRootfs: hasRootfs, cgroupParent: try Self.cgroupParent(options))
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

    /// Reads `linux.cgroup_parent` of what containerd's CRI sends, `runtime.v1.PodSandboxConfig`. Options of other types
    /// are passed over.
    private static func cgroupParent(_ options: TypedValue?) throws(Status) -> String {
        guard let options, options.typeName == TypeName.podSandboxConfig else { return "" }
        do {
            return try options.value.withUnsafeBytes { (config) throws(WireError) in
                var parent = ""
                var reader = WireReader(config)
                while let tag = try reader.nextTag() {
                    guard tag.field == 8 else {
                        try reader.skip(tag)
                        continue
                    }
                    var linux = WireReader(try reader.bytes(of: tag))
                    while let tag = try linux.nextTag() {
                        if tag.field == 1 { parent = try linux.text(of: tag) } else { try linux.skip(tag) }
                    }
                }
                return parent
            }
        } catch {
            throw Status(.invalidArgument, "sandbox options \"\(TypeName.podSandboxConfig)\": \(error)")
        }
    }

    /// The only field that counts of the other requests, in each of them the first, which the smallest of them reads.
    private static func id(_ payload: [UInt8]) throws(Status) -> String {
        try decoding(payload, with: containerd__runtime__sandbox__v1__ping_request__unpack) {
            String(field: $0.sandbox_id)
        }
    }
}
