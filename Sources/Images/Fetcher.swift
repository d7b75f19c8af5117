internal import ImageSpec
internal import Model
internal import Registry

/// Brings one blob at a time from a registry into the content store, resuming where an earlier try stopped.
struct Fetcher: Sendable {
    let content: any ContentStore
    let session: RegistrySession
    let progress: @Sendable (TransferProgress) -> Void

    /// How often a stalled or broken transfer is taken up again before it fails. Only tries without any progress count.
    private static let attempts = 4

    func fetch(_ descriptor: Descriptor, labels: [String: String] = [:], in scope: Scope) async throws(Failure) {
        let source = "containerd.io/distribution.source.\(session.reference.host)"
        let labels = labels.merging([source: session.reference.repository]) { old, _ in old }
        guard let writer = try await openWriter(for: descriptor, in: scope) else {
            try await content.label(descriptor.digest, labels, in: scope)
            return
        }
        do throws(Failure) {
            try await fill(writer, from: descriptor)
            _ = try await writer.commit(size: descriptor.size, expected: descriptor.digest, labels: labels)
        } catch  where error.code == .alreadyExists {
            try await content.label(descriptor.digest, labels, in: scope)
        } catch {
            // What does not match can never be resumed to a match.
            if error.code == .failedPrecondition || error.code == .dataLoss { try? await writer.truncate(to: 0) }
            await writer.close()
            throw error
        }
        progress(report("complete", descriptor, descriptor.size))
    }

    /// Nil when the blob is there already. While another pull fetches the same blob this one waits for it, so that
    /// its bytes travel once.
    private func openWriter(for descriptor: Descriptor, in scope: Scope) async throws(Failure) -> (any BlobWriter)? {
        var pause = 20
        while true {
            do throws(Failure) {
                return try await content.openWriter(
                    "\(Self.kind(descriptor))-\(descriptor.digest)", total: descriptor.size,
                    expected: descriptor.digest, in: scope)
            } catch  where error.code == .alreadyExists {
                return nil
            } catch  where error.code == .unavailable {
                do {
                    try await Task.sleep(for: .milliseconds(pause))
                } catch {
                    throw Failure(.cancelled, "content \(descriptor.digest): cancelled")
                }
                pause = min(pause * 2, 500)
            }
        }
    }

    private func fill(_ writer: any BlobWriter, from descriptor: Descriptor) async throws(Failure) {
        var failures = 0
        var offset = try await writer.status().offset
        while offset < descriptor.size {
            let before = offset
            do throws(Failure) {
                offset = try await receive(descriptor, into: writer, from: offset)
            } catch  where error.code == .unavailable {
                offset = try await writer.status().offset
                failures = offset > before ? 0 : failures + 1
                if failures == Self.attempts { throw error }
                try? await Task.sleep(for: .milliseconds(200 << failures))
                continue
            }
            guard offset >= descriptor.size || offset > before else {
                throw Failure(
                    .dataLoss, "content \(descriptor.digest): the registry sent \(offset) of \(descriptor.size) bytes")
            }
        }
    }

    private func receive(
        _ descriptor: Descriptor, into writer: any BlobWriter, from start: Int64
    ) async throws(Failure) -> Int64 {
        var offset = start
        let stream = try await session.fetch(descriptor, from: start)
        do {
            for try await bytes in stream {
                guard offset + Int64(bytes.count) <= descriptor.size else {
                    throw Failure(
                        .failedPrecondition,
                        "content \(descriptor.digest): the registry sent more than the \(descriptor.size) bytes announced"
                    )
                }
                try await writer.append(bytes)
                offset += Int64(bytes.count)
                progress(report("downloading", descriptor, offset))
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(
                .unavailable, "content \(descriptor.digest): the registry stopped in the middle", cause: error)
        }
        return offset
    }

    private func report(_ event: String, _ descriptor: Descriptor, _ done: Int64) -> TransferProgress {
        TransferProgress(
            event: event, name: "\(Self.kind(descriptor))-\(descriptor.digest)", done: done, total: descriptor.size,
            descriptor: descriptor)
    }

    /// containerd's names for what is being fetched, as `ctr content fetch` shows them.
    private static func kind(_ descriptor: Descriptor) -> String {
        switch descriptor.mediaType {
        case let type where MediaType.isIndex(type): "index"
        case let type where MediaType.isManifest(type): "manifest"
        case let type where MediaType.isConfiguration(type): "config"
        case let type where MediaType.isLayer(type): "layer"
        default: "unknown"
        }
    }
}
