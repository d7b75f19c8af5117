internal import ImageSpec
internal import Model
internal import NIOPosix
internal import Registry
internal import Testing

/// Credentials for one registry, and everybody else who might be sent them.
@Suite struct CredentialTests {
    private static let secret = "aGltc2VsZjpzZWNyZXQ="
    private static let layer = Array("a layer".utf8)

    /// What the registry has: a manifest with one layer that is said to be elsewhere.
    private static func manifest(_ url: String) -> [UInt8] {
        let place = #","urls":["\#(url)"]"#
        let layer = AttackImage.descriptor("application/vnd.oci.image.layer.nondistributable.v1.tar", layer, place)
        let config = AttackImage.descriptor("application/vnd.oci.image.config.v1+json", Array("{}".utf8))
        return Array(
            #"{"schemaVersion":2,"mediaType":"\#(AttackImage.manifest)","config":\#(config),"layers":[\#(layer)]}"#.utf8
        )
    }

    /// A registry that wants a user name and a password, and answers with `blob` where a layer is asked for.
    private static func registry(_ document: [UInt8], blob: StubServer.Answer) throws -> StubServer {
        try StubServer { head in
            guard head.lowercased().contains("authorization: basic \(secret.lowercased())") else {
                return .init(status: "401 Unauthorized", headers: [#"www-authenticate: Basic realm="r""#])
            }
            guard head.contains("/manifests/") else { return blob }
            return .init(headers: ["content-type: \(AttackImage.manifest)"], body: document)
        }
    }

    private func withSession(
        _ registry: StubServer, _ body: (RegistrySession) async throws -> Void
    ) async throws {
        let client = RegistryClient(eventLoops: MultiThreadedEventLoopGroup.singleton)
        let reference = try #require(Reference("127.0.0.1:\(registry.port)/attack/image:1"))
        let access = RegistryAccess(username: "himself", secret: "secret")
        do {
            try await body(await client.session(reference, access: access))
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    /// Fetches the layer by the descriptor that the image gives, whatever comes of it.
    private func fetchLayer(_ session: RegistrySession, _ url: String) async throws {
        let layer = Descriptor(
            mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar",
            digest: try #require(Digest(sha256(Self.layer))), size: Int64(Self.layer.count), urls: [url])
        _ = try await session.resolve()
        guard let stream = try? await session.fetch(layer, from: 0) else { return }
        do { for try await _ in stream {} } catch {}
    }

    private func expectNothing(_ stranger: StubServer) {
        for request in stranger.requests {
            #expect(!request.lowercased().contains("authorization"), "\(request)")
            #expect(!request.contains(Self.secret) && !request.contains("secret"), "\(request)")
        }
    }

    @Test func `CVE-2020-15157: a layer's own URL is sent no credentials`() async throws {
        let stranger = try StubServer { _ in .init(body: Self.layer) }
        let url = "http://127.0.0.1:\(stranger.port)/layer"
        let registry = try Self.registry(Self.manifest(url), blob: .init(status: "404 Not Found"))
        try await withSession(registry) { session in try await fetchLayer(session, url) }
        #expect(registry.requests.count > 2)
        expectNothing(stranger)
    }

    @Test func `CVE-2020-15157: nor is whom the registry refers to`() async throws {
        let stranger = try StubServer { _ in .init(body: Self.layer) }
        for host in ["127.0.0.1", "localhost"] {
            let url = "http://\(host):\(stranger.port)/layer"
            let registry = try Self.registry(
                Self.manifest(url), blob: .init(status: "307 Temporary Redirect", headers: ["location: \(url)"]))
            try await withSession(registry) { session in try await fetchLayer(session, url) }
        }
        #expect(stranger.requests.count == 2, "nobody was referred to")
        expectNothing(stranger)
    }
}
