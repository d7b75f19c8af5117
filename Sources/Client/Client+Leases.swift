internal import ContainerdAPI
internal import Model
internal import SwiftProtobuf

extension Client {
    /// How long what is made may stay if this process is killed, in seconds.
    private static var longestLease: Int64 { 3600 }

    /// Runs `body` with a client whose lease holds what it makes until `body` has returned. By then something else must
    /// refer to it: what nothing refers to is garbage, and garbage may be collected at any moment.
    func leased<Result: Sendable>(
        _ body: (Client) async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let leases = Containerd_Services_Leases_V1_Leases.Client(wrapping: grpc)
        let id = "berthctl-\(UInt64.random(in: 0...UInt64.max))"
        let expiry = Timestamp(seconds: Timestamp.now().seconds + Self.longestLease).rfc3339
        try await call {
            _ = try await leases.create(
                .with {
                    $0.id = id
                    $0.labels = ["containerd.io/gc.expire": expiry]
                }, metadata: metadata)
        }
        var holder = self
        holder.lease = id
        let outcome: Swift.Result<Result, Failure>
        do throws(Failure) {
            outcome = .success(try await body(holder))
        } catch {
            outcome = .failure(error)
        }
        try? await call { _ = try await leases.delete(.with { $0.id = id }, metadata: metadata) }
        return try outcome.get()
    }
}
