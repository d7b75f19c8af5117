package import ContainerdTypes
internal import FoundationEssentials
package import ImageSpec
package import Model
package import SwiftProtobuf

// Values that services and clients exchange, between the wire's types and the model's.

extension Timestamp {
    package init(_ wire: Google_Protobuf_Timestamp) {
        self.init(seconds: wire.seconds, nanoseconds: wire.nanos)
    }

    package var wire: Google_Protobuf_Timestamp {
        Google_Protobuf_Timestamp(seconds: seconds, nanos: nanoseconds)
    }
}

extension TypedPayload {
    package init(_ wire: Google_Protobuf_Any) {
        self.init(typeURL: wire.typeURL, value: [UInt8](wire.value))
    }

    package var wire: Google_Protobuf_Any {
        .with {
            $0.typeURL = typeURL
            $0.value = Data(value)
        }
    }
}

extension Mount {
    package init(_ wire: Containerd_Types_Mount) {
        self.init(type: wire.type, source: wire.source, target: wire.target, options: wire.options)
    }

    package var wire: Containerd_Types_Mount {
        .with {
            $0.type = type
            $0.source = source
            $0.target = target
            $0.options = options
        }
    }
}

extension Digest {
    /// - Throws: `invalidArgument` naming the text.
    package init(checking text: String) throws(Failure) {
        guard let digest = Digest(text) else {
            throw .invalid("digest \"\(text.prefix(160))\": expected sha256:<64 hexadecimal digits> or its like")
        }
        self = digest
    }
}

extension Descriptor {
    /// - Throws: `invalidArgument` for a malformed digest or a negative size.
    package init(checking wire: Containerd_Types_Descriptor) throws(Failure) {
        guard wire.size >= 0 else {
            throw .invalid("descriptor of \"\(wire.digest)\": a size of \(wire.size) bytes is negative")
        }
        self.init(
            mediaType: wire.mediaType, digest: try Digest(checking: wire.digest), size: wire.size,
            annotations: wire.annotations.isEmpty ? nil : wire.annotations)
    }

    package var wire: Containerd_Types_Descriptor {
        .with {
            $0.mediaType = mediaType
            $0.digest = digest.description
            $0.size = size
            $0.annotations = annotations ?? [:]
        }
    }
}

extension FieldUpdate {
    package init(_ wire: Google_Protobuf_FieldMask) {
        self.init(paths: wire.paths)
    }
}
