package import ContainerdAPI
internal import FoundationEssentials
package import GRPCCore
internal import ImageSpec
package import Model
package import SwiftProtobuf
internal import Wire

/// Blobs. `containerd.services.content.v1`.
package struct ContentService: Containerd_Services_Content_V1_Content.ServiceProtocol {
    /// Bytes in one message of a read: large enough to be cheap, small enough to wait in memory.
    private static let chunk = 1 << 20
    /// Blobs in one message of a list.
    private static let batch = 100

    private let content: any ContentStore
    private let collector: any GarbageCollector

    package init(content: any ContentStore, collector: any GarbageCollector) {
        self.content = content
        self.collector = collector
    }

    package func info(
        request: ServerRequest<Containerd_Services_Content_V1_InfoRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Content_V1_InfoResponse> {
        let scope = try request.metadata.scope()
        let info = try await content.info(try Digest(checking: request.message.digest), in: scope)
        return ServerResponse(message: .with { $0.info = info.wire })
    }

    package func update(
        request: ServerRequest<Containerd_Services_Content_V1_UpdateRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Content_V1_UpdateResponse> {
        let scope = try request.metadata.scope()
        let info = try await content.update(
            try ContentInfo(checking: request.message.info), FieldUpdate(request.message.updateMask), in: scope)
        return ServerResponse(message: .with { $0.info = info.wire })
    }

    package func list(
        request: ServerRequest<Containerd_Services_Content_V1_ListContentRequest>, context: ServerContext
    ) async throws -> StreamingServerResponse<Containerd_Services_Content_V1_ListContentResponse> {
        let found = try await content.list(filters: request.message.filters, in: try request.metadata.scope())
        return StreamingServerResponse { writer in
            for start in stride(from: 0, to: found.count, by: Self.batch) {
                let part = found[start..<min(start + Self.batch, found.count)]
                try await writer.write(.with { $0.info = part.map(\.wire) })
            }
            return [:]
        }
    }

    package func delete(
        request: ServerRequest<Containerd_Services_Content_V1_DeleteContentRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        let scope = try request.metadata.scope()
        try await content.delete(try Digest(checking: request.message.digest), in: scope)
        collector.schedule()
        return ServerResponse(message: Google_Protobuf_Empty())
    }

    package func read(
        request: ServerRequest<Containerd_Services_Content_V1_ReadContentRequest>, context: ServerContext
    ) async throws -> StreamingServerResponse<Containerd_Services_Content_V1_ReadContentResponse> {
        let (message, scope) = (request.message, try request.metadata.scope())
        let reader = try await content.open(try Digest(checking: message.digest), in: scope)
        let end = try Self.end(of: message, size: reader.size)
        return StreamingServerResponse { writer in
            let send = { @Sendable in try await Self.send(reader, message.offset..<end, message.digest, to: writer) }
            // What takes one message is read sooner than another thread wakes up.
            if end - message.offset <= Int64(Self.chunk) {
                try await send()
            } else {
                try await withTaskExecutorPreference(globalConcurrentExecutor) { try await send() }
            }
            return [:]
        }
    }

    private static func send(
        _ reader: any BlobReader, _ range: Range<Int64>, _ digest: String,
        to writer: RPCWriter<Containerd_Services_Content_V1_ReadContentResponse>
    ) async throws {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let bytes = try reader.read(at: offset, count: Int(min(range.upperBound - offset, Int64(chunk))))
            guard !bytes.isEmpty else {
                throw Failure(
                    .dataLoss, "content \"\(digest)\": ends at \(offset) instead of \(range.upperBound) bytes")
            }
            let start = offset
            try await writer.write(
                .with {
                    $0.offset = start
                    $0.data = Data(bytes)
                })
            offset += Int64(bytes.count)
        }
    }

    package func status(
        request: ServerRequest<Containerd_Services_Content_V1_StatusRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Content_V1_StatusResponse> {
        let status = try await content.status(request.message.ref, in: try request.metadata.scope())
        return ServerResponse(message: .with { $0.status = status.wire })
    }

    package func listStatuses(
        request: ServerRequest<Containerd_Services_Content_V1_ListStatusesRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Content_V1_ListStatusesResponse> {
        let statuses = try await content.statuses(
            filters: request.message.filters, in: try request.metadata.scope())
        return ServerResponse(message: .with { $0.statuses = statuses.map(\.wire) })
    }

    package func write(
        request: StreamingServerRequest<Containerd_Services_Content_V1_WriteContentRequest>, context: ServerContext
    ) async throws -> StreamingServerResponse<Containerd_Services_Content_V1_WriteContentResponse> {
        let scope = try request.metadata.scope()
        let content = self.content
        return StreamingServerResponse { writer in
            var messages = request.messages.makeAsyncIterator()
            guard let first = try await messages.next() else { return [:] }
            let session = try await ContentWrite.open(first, in: content, scope: scope)
            do {
                try await writer.write(try await session.handle(first))
                while let message = try await messages.next() {
                    try await writer.write(try await session.handle(message))
                }
            } catch {
                await session.close()
                throw error
            }
            await session.close()
            return [:]
        }
    }

    package func abort(
        request: ServerRequest<Containerd_Services_Content_V1_AbortRequest>, context: ServerContext
    ) async throws -> ServerResponse<Google_Protobuf_Empty> {
        try await content.abort(request.message.ref, in: try request.metadata.scope())
        return ServerResponse(message: Google_Protobuf_Empty())
    }

    /// Where a read ends. A size of 0 or below is "all that follows", and so is one that goes beyond the end: clients
    /// ask for as much as they have room for.
    private static func end(
        of message: Containerd_Services_Content_V1_ReadContentRequest, size: Int64
    ) throws(Failure) -> Int64 {
        let (offset, count) = (message.offset, message.size)
        guard (0...size).contains(offset) else {
            throw Failure(
                .outOfRange, "content \"\(message.digest)\": offset \(offset) is not within its \(size) bytes")
        }
        return count <= 0 || count > size - offset ? size : offset + count
    }
}

extension ContentInfo {
    /// - Throws: `invalidArgument` for a malformed digest.
    init(checking wire: Containerd_Services_Content_V1_Info) throws(Failure) {
        self.init(
            digest: try Digest(checking: wire.digest), size: wire.size, createdAt: Timestamp(wire.createdAt),
            updatedAt: Timestamp(wire.updatedAt), labels: wire.labels)
    }

    var wire: Containerd_Services_Content_V1_Info {
        .with {
            $0.digest = digest.description
            $0.size = size
            $0.createdAt = createdAt.wire
            $0.updatedAt = updatedAt.wire
            $0.labels = labels
        }
    }
}

extension IngestStatus {
    var wire: Containerd_Services_Content_V1_Status {
        .with {
            $0.ref = reference
            $0.offset = offset
            $0.total = total
            $0.expected = expected?.description ?? ""
            $0.startedAt = startedAt.wire
            $0.updatedAt = updatedAt.wire
        }
    }
}
