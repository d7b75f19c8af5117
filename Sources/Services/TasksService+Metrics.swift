package import ContainerdAPI
internal import ContainerdTypes
package import GRPCCore
internal import Model
internal import SwiftProtobuf
internal import Wire

extension TasksService {
    package func metrics(
        request: ServerRequest<Containerd_Services_Tasks_V1_MetricsRequest>, context: ServerContext
    ) async throws -> ServerResponse<Containerd_Services_Tasks_V1_MetricsResponse> {
        let (filters, namespace) = (request.message.filters, try request.metadata.namespace())
        let response: Containerd_Services_Tasks_V1_MetricsResponse
        if let ids = Self.namedTasks(filters) {
            response = try await metrics(of: ids, namespace: namespace)
        } else {
            let filter = try FilterSet(filters)
            let all = try await tasks.list(namespace: namespace)
            let chosen = all.filter { filter.matches(TaskFields(id: $0.containerID, namespace: namespace)) }
            response = try await metrics(of: chosen.map(\.containerID), namespace: namespace)
        }
        return ServerResponse(message: response)
    }

    private func metrics(
        of ids: [String], namespace: String
    ) async throws(Failure) -> Containerd_Services_Tasks_V1_MetricsResponse {
        var response = Containerd_Services_Tasks_V1_MetricsResponse()
        for id in ids {
            guard let data = try await metrics(of: id, namespace: namespace) else { continue }
            response.metrics.append(
                .with {
                    $0.id = id
                    $0.timestamp = Timestamp.now().wire
                    $0.data = data.wire
                })
        }
        return response
    }

    /// Nil for a task that is gone since it was listed, or that never was: as containerd, no entry and no error.
    private func metrics(of id: String, namespace: String) async throws(Failure) -> TypedPayload? {
        do {
            return try await tasks.metrics(id, namespace: namespace)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    /// The tasks that filters name outright, as every client that watches one task does; nil when they search.
    private static func namedTasks(_ filters: [String]) -> [String]? {
        guard !filters.isEmpty else { return nil }
        var ids: [String] = []
        for filter in filters {
            guard filter.hasPrefix("id==") else { return nil }
            let id = String(filter.dropFirst(4))
            guard (try? Identifier.check(id, "task")) != nil else { return nil }
            ids.append(id)
        }
        return ids
    }

    private struct TaskFields: Filterable {
        var id: String
        var namespace: String

        func field(_ path: [String]) -> String? {
            switch path.first {
            case "id": id
            case "namespace": namespace
            default: nil
            }
        }
    }
}
