internal import Client
internal import Glibc
internal import Model

/// Takes a container away: its task, its record, its snapshot, its log.
struct ContainerRemoval: Sendable {
    let client: Client

    /// - Parameter force: ends it first when it runs.
    func remove(_ id: String, force: Bool) async throws(Failure) {
        let record = try await client.container(id)
        try await removeTask(id, force: force)
        try await remove(record)
    }

    /// Removes a container of the caller's own whose process it has seen exit: nothing needs to be asked first.
    func removeEnded(_ record: ContainerRecord) async throws(Failure) {
        do throws(Failure) {
            try await client.deleteTask(record.id)
        } catch  where error.code == .notFound {}
        try await remove(record)
    }

    private func remove(_ record: ContainerRecord) async throws(Failure) {
        try await client.deleteContainer(record.id)
        if !record.snapshotKey.isEmpty {
            do throws(Failure) {
                try await client.removeSnapshot(record.snapshotKey, snapshotter: record.snapshotter)
            } catch  where error.code == .notFound {}
        }
        if let log = record.labels[ContainerLaunch.logLabel] { unlink(log) }
    }

    private func removeTask(_ id: String, force: Bool) async throws(Failure) {
        guard let task = try await client.findTask(id) else { return }
        if task.status != .stopped {
            guard force || task.status == .created else {
                throw Failure(
                    .failedPrecondition, "container \"\(id)\": is running; stop it first or use --force")
            }
            // It may have gone meanwhile; waiting tells.
            try? await client.kill(id, signal: UInt32(SIGKILL), all: true)
            _ = try await client.wait(id)
        }
        do throws(Failure) {
            try await client.deleteTask(id)
        } catch  where error.code == .notFound {}
        StreamDirectory.removeAbandoned(task.io)
    }
}
