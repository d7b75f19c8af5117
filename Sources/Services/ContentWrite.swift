internal import ContainerdAPI
internal import ImageSpec
internal import Model
internal import SwiftProtobuf
internal import Wire

/// One Write stream: the ingest it has opened and what its client has said of the blob so far.
///
/// Every message is answered with the state after it. What the client wrote stays when the stream ends without a
/// commit, for it or another to resume.
final class ContentWrite {
    private let reference: String
    private let writer: any BlobWriter
    private var status: IngestStatus
    private var total: Int64
    private var expected: Digest?

    private init(reference: String, writer: any BlobWriter, status: IngestStatus, total: Int64, expected: Digest?) {
        self.reference = reference
        self.writer = writer
        self.status = status
        self.total = total
        self.expected = expected
    }

    /// Begins or resumes the ingest that a stream's first message names.
    static func open(
        _ first: Containerd_Services_Content_V1_WriteContentRequest, in content: any ContentStore, scope: Scope
    ) async throws(Failure) -> ContentWrite {
        guard !first.ref.isEmpty else { throw .invalid("content write: the first message must have a reference") }
        guard first.total >= 0 else {
            throw .invalid("content write \"\(first.ref)\": a total of \(first.total) bytes is negative")
        }
        let expected = first.expected.isEmpty ? nil : try Digest(checking: first.expected)
        let writer = try await content.openWriter(first.ref, total: first.total, expected: expected, in: scope)
        do {
            let status = try await writer.status()
            return ContentWrite(
                reference: first.ref, writer: writer, status: status, total: first.total, expected: expected)
        } catch {
            await writer.close()
            throw error
        }
    }

    func close() async {
        await writer.close()
    }

    func handle(
        _ request: Containerd_Services_Content_V1_WriteContentRequest
    ) async throws(Failure) -> Containerd_Services_Content_V1_WriteContentResponse {
        try note(request)
        switch request.action {
        case .stat:
            status = try await writer.status()
            return response(to: request, digest: nil)
        case .write:
            try await append(request)
            return response(to: request, digest: nil)
        case .commit:
            try await append(request)
            let digest = try await writer.commit(size: total, expected: expected, labels: request.labels)
            return response(to: request, digest: digest)
        case .UNRECOGNIZED(let number):
            throw .invalid("content write \"\(reference)\": unknown action \(number)")
        }
    }

    /// A client may say size and digest late; it may not change its mind.
    private func note(_ request: Containerd_Services_Content_V1_WriteContentRequest) throws(Failure) {
        if request.total > 0 {
            guard total == 0 || total == request.total else {
                throw Failure(
                    .failedPrecondition,
                    "content write \"\(reference)\": a total of \(request.total) bytes after one of \(total)")
            }
            total = request.total
        }
        if !request.expected.isEmpty {
            let digest = try Digest(checking: request.expected)
            guard expected == nil || expected == digest else {
                throw Failure(
                    .failedPrecondition,
                    "content write \"\(reference)\": \(digest) is expected after \(expected?.description ?? "")")
            }
            expected = digest
        }
    }

    private func append(_ request: Containerd_Services_Content_V1_WriteContentRequest) async throws(Failure) {
        if request.offset == 0, status.offset > 0 {
            // By the protocol, an offset of 0 begins anew.
            try await writer.truncate(to: 0)
            status.offset = 0
        }
        guard request.offset == status.offset else {
            throw Failure(
                .outOfRange,
                "content write \"\(reference)\": offset \(request.offset) is not the current offset \(status.offset)")
        }
        guard !request.data.isEmpty else { return }
        try await writer.append([UInt8](request.data))
        status.offset += Int64(request.data.count)
        status.updatedAt = .now()
    }

    private func response(
        to request: Containerd_Services_Content_V1_WriteContentRequest, digest: Digest?
    ) -> Containerd_Services_Content_V1_WriteContentResponse {
        .with {
            $0.action = request.action
            $0.startedAt = status.startedAt.wire
            $0.updatedAt = status.updatedAt.wire
            $0.offset = status.offset
            $0.total = total
            $0.digest = digest?.description ?? ""
        }
    }
}
