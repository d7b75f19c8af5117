package import ImageSpec
package import Model

extension LayerDiffer {
    /// The label in which a blob's diff ID is kept, so that a compressed layer need not be unpacked to know it.
    private static let uncompressedLabel = "containerd.io/uncompressed"
    private static let defaultMediaType = "application/vnd.oci.image.layer.v1.tar+gzip"

    package func diff(_ request: DiffRequest, in scope: Scope) async throws(Failure) -> Descriptor {
        let mediaType = request.mediaType.isEmpty ? Self.defaultMediaType : request.mediaType
        let compression = try LayerCompression.declared(by: mediaType)
        let change = Change(
            left: try LayerStack(request.left), right: try LayerStack(request.right), compression: compression,
            latest: request.sourceDateEpoch?.seconds)
        let reference = request.reference.isEmpty ? "diff-\(UInt64.random(in: .min ... .max))" : request.reference
        let writer = try await content.openWriter(reference, total: 0, expected: nil, in: scope)
        do throws(Failure) {
            if try await writer.status().offset > 0 { try await writer.truncate(to: 0) }
            let outcome = try await write(change, to: writer)
            var labels = request.labels
            if compression != .none { labels[Self.uncompressedLabel] = outcome.uncompressed.description }
            try await commit(outcome, labels: labels, writer, in: scope)
            return Descriptor(mediaType: mediaType, digest: outcome.digest, size: outcome.size)
        } catch {
            await writer.close()
            // A reference of the client's choice is the client's to abort.
            if request.reference.isEmpty { try? await content.abort(reference, in: scope) }
            throw error
        }
    }

    /// Walks the trees on a thread of its own while this task writes what comes of it.
    private func write(_ change: Change, to writer: any BlobWriter) async throws(Failure) -> LayerSink.Outcome {
        let channel = ChunkChannel()
        async let walked = Self.walk(change, channel)
        var refusal: Failure?
        for await chunk in channel.chunks {
            if refusal == nil {
                do throws(Failure) {
                    try await writer.append(chunk)
                } catch {
                    refusal = error
                    channel.cancel()
                }
            }
            channel.taken()
        }
        let outcome = await walked
        if let refusal { throw refusal }
        return try outcome.get()
    }

    private static func walk(_ change: Change, _ channel: ChunkChannel) async -> Result<LayerSink.Outcome, Failure> {
        do throws(Failure) {
            return .success(
                try await LayerThread.run { () throws(Failure) in
                    defer { channel.end() }
                    return try change.write { chunk throws(Failure) in try channel.send(chunk) }
                })
        } catch {
            channel.end()
            return .failure(error)
        }
    }

    /// A layer that is there already, with the label that says what it is.
    private func commit(
        _ outcome: LayerSink.Outcome, labels: [String: String], _ writer: any BlobWriter, in scope: Scope
    ) async throws(Failure) {
        do throws(Failure) {
            _ = try await writer.commit(size: outcome.size, expected: outcome.digest, labels: labels)
        } catch {
            guard error.code == .alreadyExists else { throw error }
            var info = try await content.info(outcome.digest, in: scope)
            let paths = labels.filter { info.labels[$0.key] != $0.value }.map { "labels.\($0.key)" }
            guard !paths.isEmpty else { return }
            info.labels.merge(labels) { $1 }
            _ = try await content.update(info, FieldUpdate(paths: paths), in: scope)
        }
    }
}

/// Two trees, and what is to become of their difference.
private struct Change: Sendable {
    let left: LayerStack
    let right: LayerStack
    let compression: LayerCompression
    let latest: Int64?

    func write(_ emit: @escaping ([UInt8]) throws(Failure) -> Void) throws(Failure) -> LayerSink.Outcome {
        let sink = try LayerSink(compression, emit: emit)
        let writer = ChangeWriter(sink, latest: latest)
        if let top = right.top(over: left) {
            try UpperWalk(writer: writer, marks: right.marks ?? .trusted).run(top)
        } else {
            try TreeComparison(writer: writer).run(left, right)
        }
        try writer.end()
        return try sink.finish()
    }
}
