internal import ImageSpec
internal import Model

extension ContentStore {
    /// Makes a small blob be there with these labels, whoever wrote it.
    func store(
        _ bytes: [UInt8], as descriptor: Descriptor, labels: [String: String], in scope: Scope
    ) async throws(Failure) {
        do throws(Failure) {
            let writer = try await openWriter(
                "document-\(descriptor.digest)", total: Int64(bytes.count), expected: descriptor.digest, in: scope)
            do throws(Failure) {
                try await writer.truncate(to: 0)
                try await writer.append(bytes)
                _ = try await writer.commit(size: Int64(bytes.count), expected: descriptor.digest, labels: labels)
            } catch {
                await writer.close()
                throw error
            }
        } catch  where error.code == .alreadyExists {
            try await label(descriptor.digest, labels, in: scope)
        }
    }

    /// Sets `labels` beside those the blob has.
    func label(_ digest: Digest, _ labels: [String: String], in scope: Scope) async throws(Failure) {
        guard !labels.isEmpty else { return }
        var info = try await info(digest, in: scope)
        let missing = labels.filter { info.labels[$0.key] != $0.value }
        guard !missing.isEmpty else { return }
        info.labels.merge(missing) { $1 }
        _ = try await update(info, FieldUpdate(paths: missing.keys.map { "labels.\($0)" }.sorted()), in: scope)
    }
}

extension BlobWriter {
    /// Commits what was written; a blob that is there already is as good.
    func commitUnlessThere(size: Int64, expected: Digest?) async throws(Failure) -> Digest {
        do throws(Failure) {
            return try await commit(size: size, expected: expected, labels: [:])
        } catch {
            guard error.code == .alreadyExists, let digest = await digest else { throw error }
            return digest
        }
    }
}
