internal import AsyncHTTPClient
package import ImageSpec
package import Model
package import NIOCore

/// Talks to image registries. OCI distribution-spec, "Pull".
///
/// The HTTP client, and with it TLS, is made when the first registry is asked: a daemon that pulls nothing pays
/// nothing. `shutdown` ends it.
package actor RegistryClient {
    private let eventLoops: any EventLoopGroup
    private var http: HTTPClient?

    /// - Parameter eventLoops: shared with the rest of the process; not ended here.
    package init(eventLoops: any EventLoopGroup) {
        self.eventLoops = eventLoops
    }

    /// A conversation with the registry of `reference`: one token, reused for all its requests.
    package func session(_ reference: Reference, access: RegistryAccess) -> RegistrySession {
        RegistrySession(reference: reference, access: access, http: client())
    }

    package func shutdown() async {
        try? await http?.shutdown()
        http = nil
    }

    private func client() -> HTTPClient {
        if let http { return http }
        var configuration = HTTPClient.Configuration()
        // A registry that accepts a connection and then says nothing, or stalls in the middle of a blob, is given
        // up after this; the fetch then resumes where it was.
        configuration.timeout = .init(connect: .seconds(20), read: .seconds(60))
        configuration.redirectConfiguration = .follow(
            max: 10, allowCycles: false)
        configuration.decompression = .disabled
        let http = HTTPClient(eventLoopGroupProvider: .shared(eventLoops), configuration: configuration)
        self.http = http
        return http
    }
}
