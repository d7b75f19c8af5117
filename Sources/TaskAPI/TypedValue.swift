internal import CProtobufC
internal import CTaskAPI
package import TTRPC

/// `google.protobuf.Any`: an encoded value with the name of its type.
package struct TypedValue: Hashable, Sendable {
    /// containerd names types without a prefix: "containerd.events.TaskExit".
    package var typeURL: String
    package var value: [UInt8]

    package init(typeURL: String, value: [UInt8]) {
        self.typeURL = typeURL
        self.value = value
    }

    /// The type's name without what stands before the last slash of a full URL of protobuf's own domain.
    package var typeName: Substring {
        let prefix = "type.googleapis.com/"
        return typeURL.hasPrefix(prefix) ? typeURL.dropFirst(prefix.count) : typeURL[...]
    }

    /// Reads an encoded `google.protobuf.Any`.
    package init(decoding bytes: [UInt8]) throws(Status) {
        self = try decoding(bytes, with: google__protobuf__any__unpack) { message in
            TypedValue(
                typeURL: String(field: message.type_url),
                value: Array(UnsafeBufferPointer(start: message.value.data, count: message.value.len)))
        }
    }

    init?(_ message: UnsafeMutablePointer<Google__Protobuf__Any>?) {
        guard let message = message?.pointee else { return nil }
        typeURL = String(field: message.type_url)
        value = Array(UnsafeBufferPointer(start: message.value.data, count: message.value.len))
    }
}

/// The names under which containerd passes runtime-specification documents, as JSON, and options.
package enum TypeName {
    package static let process = "types.containerd.io/opencontainers/runtime-spec/1/Process"
    package static let resources = "types.containerd.io/opencontainers/runtime-spec/1/LinuxResources"
    package static let features = "types.containerd.io/opencontainers/runtime-spec/1/features/Features"
    package static let runtimeOptions = "containerd.runc.v1.Options"
    package static let checkpointOptions = "containerd.runc.v1.CheckpointOptions"
    /// What containerd's CRI sends to a shim whose options it has no type for.
    package static let configuredOptions = "runtimeoptions.v1.Options"
    package static let podSandboxConfig = "runtime.v1.PodSandboxConfig"
    package static let processDetails = "containerd.runc.v1.ProcessDetails"
    package static let metricsV1 = "io.containerd.cgroups.v1.Metrics"
    package static let metricsV2 = "io.containerd.cgroups.v2.Metrics"
}

extension Arena {
    func any(_ value: TypedValue) -> UnsafeMutablePointer<Google__Protobuf__Any> {
        message(Google__Protobuf__Any(), google__protobuf__any__init) {
            $0.type_url = string(value.typeURL)
            $0.value = bytes(value.value)
        }
    }

    /// Nil, which leaves the field out, for a time that has not come.
    func timestamp(_ instant: Instant?) -> UnsafeMutablePointer<Google__Protobuf__Timestamp>? {
        guard let instant else { return nil }
        return message(Google__Protobuf__Timestamp(), google__protobuf__timestamp__init) {
            $0.seconds = instant.seconds
            $0.nanos = instant.nanoseconds
        }
    }
}
