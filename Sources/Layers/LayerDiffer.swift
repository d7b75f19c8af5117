package import ImageSpec
internal import Kernel
package import Model

/// Layers to and from directories, without mounting anything.
///
/// A snapshot that an unpack fails on stays as it is, half written; whoever prepared it removes it.
package struct LayerDiffer: Differ {
    let content: any ContentStore

    package init(content: any ContentStore) {
        self.content = content
    }

    package func apply(
        _ descriptor: Descriptor, onto mounts: [Mount], sync: Bool, in scope: Scope
    ) async throws(Failure) -> Descriptor {
        do throws(Failure) {
            // Only to refuse what is no layer: how it is compressed is seen from its bytes.
            _ = try LayerCompression.declared(by: descriptor.mediaType)
            let target = try LayerTarget(mounts)
            let reader = try await content.open(descriptor.digest, in: scope)
            let outcome = try await LayerThread.run { () throws(Failure) in
                try Self.unpack(reader, to: target, sync: sync)
            }
            return Descriptor(
                mediaType: "application/vnd.oci.image.layer.v1.tar", digest: outcome.digest, size: outcome.size)
        } catch {
            throw Failure(error.code, "layer \"\(descriptor.digest)\": \(error.message)", cause: error.cause)
        }
    }

    private static func unpack(
        _ reader: any BlobReader, to target: LayerTarget, sync: Bool
    ) throws(Failure) -> LayerStream.Outcome {
        do throws(SystemCallError) {
            try FileDescriptor.clearThreadUmask()
        } catch {
            throw .disk(error, "unpacking")
        }
        let stream = try LayerStream(reader)
        var tar = TarReader(stream)
        let unpacker = try LayerUnpacker(target)
        try unpacker.unpack(&tar)
        if sync { try unpacker.synchronize() }
        return try stream.outcome()
    }
}
