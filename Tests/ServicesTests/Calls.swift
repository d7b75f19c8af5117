import GRPCCore
import Model
import Synchronization

/// Calls a provider's method as the server would, without a transport.
func context<Result>(_ body: (ServerContext) async throws -> Result) async throws -> Result {
    try await withServerContextRPCCancellationHandle { cancellation in
        try await body(
            ServerContext(
                descriptor: MethodDescriptor(fullyQualifiedService: "test", method: "Test"), remotePeer: "in-process:1",
                localPeer: "in-process:2", cancellation: cancellation))
    }
}

func metadata(namespace: String? = "tests", lease: String? = nil) -> Metadata {
    var metadata = Metadata()
    if let namespace { metadata.addString(namespace, forKey: "containerd-namespace") }
    if let lease { metadata.addString(lease, forKey: "containerd-lease") }
    return metadata
}

/// What a streaming response writes.
func messages<Message: Sendable>(of response: StreamingServerResponse<Message>) async throws -> [Message] {
    let collector = Collected<Message>()
    _ = try await response.accepted.get().producer(RPCWriter(wrapping: collector))
    return collector.all
}

final class Collected<Element: Sendable>: RPCWriterProtocol {
    private let elements: Mutex<[Element]> = Mutex([])

    var all: [Element] { elements.withLock { $0 } }

    func write(_ element: Element) async throws {
        elements.withLock { $0.append(element) }
    }

    func write(contentsOf elements: some Sequence<Element>) async throws {
        let new = Array(elements)
        self.elements.withLock { $0.append(contentsOf: new) }
    }
}

/// The code of the failure that `body` ends with; nil when it ends well.
func failure(_ body: () async throws -> Void) async -> Failure.Code? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? Failure)?.code
    }
}

/// Waits until `condition` holds.
/// - Returns: false when it never does.
func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
    for _ in 0..<6000 {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return false
}
