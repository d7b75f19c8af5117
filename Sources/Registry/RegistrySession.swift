internal import AsyncHTTPClient
package import ImageSpec
package import Model
internal import NIOCore
internal import NIOHTTP1

/// One image's requests to one registry: where it is, what to show it, how to read its errors.
package actor RegistrySession {
    package nonisolated let reference: Reference
    private nonisolated let http: HTTPClient
    private nonisolated let access: RegistryAccess
    private nonisolated let base: String
    private var authorization: String?

    /// Manifests and indexes larger than this are refused, as distribution's own registry refuses them.
    package static let maximumDocument = 4 << 20

    init(reference: Reference, access: RegistryAccess, http: HTTPClient) {
        self.reference = reference
        self.access = access
        self.http = http
        self.base = Self.base(of: reference.host, scheme: access.scheme)
    }

    /// `https` unless told otherwise or on loopback, where test registries and local mirrors speak plain HTTP.
    private static func base(of host: String, scheme: String?) -> String {
        let name = host == "docker.io" ? "registry-1.docker.io" : host
        let bare = host.split(separator: ":").first.map(String.init) ?? host
        let isLoopback = bare == "localhost" || bare.hasPrefix("127.") || host.hasPrefix("[::1]")
        return "\(scheme ?? (isLoopback ? "http" : "https"))://\(name)"
    }

    private static let documentTypes = [
        MediaType.index, MediaType.manifest, MediaType.dockerIndex, MediaType.dockerManifest, "*/*",
    ]

    /// The document that the reference's tag or digest stands for, with its descriptor as computed from its bytes.
    package func resolve() async throws(Failure) -> (descriptor: Descriptor, document: [UInt8]) {
        let path = "manifests/\(reference.object)"
        let response = try await get(path, accept: Self.documentTypes, from: 0)
        let bytes = try await collect(response, limit: Self.maximumDocument)
        let digest = Digest.sha256(of: bytes)
        if let wanted = reference.digest, wanted.algorithm == .sha256, wanted != digest {
            throw Failure(.dataLoss, "image \"\(reference)\": the registry answered content with digest \(digest)")
        }
        let type = response.headers.first(name: "content-type")?.prefix { $0 != ";" }
        let descriptor = Descriptor(
            mediaType: type.map(String.init) ?? "", digest: reference.digest ?? digest, size: Int64(bytes.count))
        return (descriptor, bytes)
    }

    /// The blob's bytes from `offset` on. The caller verifies size and digest.
    package func fetch(_ descriptor: Descriptor, from offset: Int64) async throws(Failure) -> BlobStream {
        let isDocument = MediaType.isIndex(descriptor.mediaType) || MediaType.isManifest(descriptor.mediaType)
        let path = "\(isDocument ? "manifests" : "blobs")/\(descriptor.digest)"
        let accept = isDocument ? [descriptor.mediaType, "*/*"] : ["*/*"]
        let response = try await get(path, accept: accept, from: offset)
        // A server that does not know ranges sends all of it again; skip what the caller has.
        let skip = offset > 0 && response.status != .partialContent ? offset : 0
        return BlobStream(body: response.body, skip: skip)
    }

    private func get(
        _ path: String, accept: [String], from offset: Int64
    ) async throws(Failure) -> HTTPClientResponse {
        let url = "\(base)/v2/\(reference.repository)/\(path)"
        var response = try await send(url, accept: accept, from: offset)
        if response.status == .unauthorized {
            authorization = try await authenticate(response.headers["www-authenticate"])
            response = try await send(url, accept: accept, from: offset)
        }
        guard response.status == .ok || response.status == .partialContent else {
            throw await failure(response, url: url)
        }
        return response
    }

    private func send(_ url: String, accept: [String], from offset: Int64) async throws(Failure) -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url)
        for type in accept { request.headers.add(name: "accept", value: type) }
        for (name, value) in access.headers { request.headers.add(name: name, value: value) }
        request.headers.add(name: "user-agent", value: "berth")
        if let authorization { request.headers.add(name: "authorization", value: authorization) }
        if offset > 0 { request.headers.add(name: "range", value: "bytes=\(offset)-") }
        do {
            // The deadline covers a whole blob; stalls are caught by the client's read timeout.
            return try await http.execute(request, deadline: .now() + .hours(6))
        } catch {
            throw unreachable(url, error)
        }
    }

    private nonisolated func unreachable(_ url: String, _ error: any Error) -> Failure {
        if error is CancellationError { return Failure(.cancelled, "image \"\(reference)\": cancelled") }
        return Failure(
            .unavailable, "image \"\(reference)\": registry \"\(reference.host)\" does not answer at \(url)",
            cause: error)
    }

    private func authenticate(_ headers: [String]) async throws(Failure) -> String {
        let challenges = headers.compactMap(Challenge.init)
        if let bearer = challenges.first(where: { $0.scheme == .bearer }) {
            let token = try await TokenRequest(challenge: bearer, repository: reference.repository, access: access)
                .perform(http, reference)
            return "Bearer \(token)"
        }
        guard challenges.contains(where: { $0.scheme == .basic }), let credentials = access.basicCredentials else {
            throw Failure(
                .unauthenticated,
                "image \"\(reference)\": registry \"\(reference.host)\" wants a user name and a password")
        }
        return "Basic \(credentials)"
    }

    private func failure(_ response: HTTPClientResponse, url: String) async -> Failure {
        let detail = (try? await collect(response, limit: 16 << 10)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let told = detail.isEmpty ? "" : ": \(detail.prefix(200))"
        let answer = "registry \"\(reference.host)\" answered \(response.status.code)\(told)"
        return switch response.status.code {
        case 404: Failure(.notFound, "image \"\(reference)\": not found (\(answer))")
        case 401: Failure(.unauthenticated, "image \"\(reference)\": credentials refused (\(answer))")
        case 403: Failure(.permissionDenied, "image \"\(reference)\": access refused (\(answer))")
        case 429: Failure(.resourceExhausted, "image \"\(reference)\": too many requests, try later (\(answer))")
        case 500...: Failure(.unavailable, "image \"\(reference)\": \(answer)")
        default: Failure(.unknown, "image \"\(reference)\": \(answer) for \(url)")
        }
    }

    private nonisolated func collect(_ response: HTTPClientResponse, limit: Int) async throws(Failure) -> [UInt8] {
        do {
            return Array(buffer: try await response.body.collect(upTo: limit))
        } catch is NIOTooManyBytesError {
            throw Failure(.resourceExhausted, "image \"\(reference)\": a manifest larger than \(limit) bytes")
        } catch {
            throw Failure(.unavailable, "image \"\(reference)\": the registry stopped in the middle", cause: error)
        }
    }
}

/// A blob's bytes as they arrive.
package struct BlobStream: AsyncSequence, Sendable {
    package typealias Element = [UInt8]
    let body: HTTPClientResponse.Body
    /// Bytes at the beginning that are not wanted.
    let skip: Int64

    package struct AsyncIterator: AsyncIteratorProtocol {
        var body: HTTPClientResponse.Body.AsyncIterator
        var skip: Int64

        package mutating func next() async throws -> [UInt8]? {
            while var buffer = try await body.next() {
                let dropped = Int(Swift.min(skip, Int64(buffer.readableBytes)))
                buffer.moveReaderIndex(forwardBy: dropped)
                skip -= Int64(dropped)
                if buffer.readableBytes > 0 { return Array(buffer: buffer) }
            }
            return nil
        }
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(body: body.makeAsyncIterator(), skip: skip)
    }
}
