internal import Client
internal import Glibc
internal import ImageSpec
internal import Model

/// A container on its way from an image to a running process. What fails on the way leaves nothing behind.
struct ContainerLaunch: Sendable {
    static let logLabel = "io.berth/log-path"
    static let stopSignalLabel = "io.containerd.image.config.stop-signal"
    private static let logDirectory = "/var/log/berth"

    let client: Client
    let id: String
    let terminal: Bool
    private let snapshotter: String
    private let image: ResolvedImage
    private let record: ContainerRecord

    init(
        client: Client, image name: String, id: String, options: ContainerOptions, snapshotter: String, runtime: String
    ) async throws(Failure) {
        self.client = client
        self.id = id
        self.snapshotter = snapshotter
        terminal = options.terminal
        image = try await client.resolve(try await client.image(name))
        let user = try await client.user(
            options.user ?? image.configuration.config?.user ?? "", of: image, snapshotter: snapshotter)
        let spec = try ContainerSpec.make(
            image: image, id: id, namespace: client.namespace, user: user, options: options)
        let log = "\(Self.logDirectory)/\(client.namespace)/\(id).log"
        // An image may name anything.
        let named = image.configuration.config?.stopSignal ?? ""
        let stopSignal = (try? SignalName.number(named)) == nil ? "SIGTERM" : named
        record = ContainerRecord(
            id: id, labels: [Self.logLabel: log, Self.stopSignalLabel: stopSignal], image: image.record.name,
            runtime: .init(name: runtime), spec: Client.payload(spec), snapshotter: snapshotter, snapshotKey: id)
    }

    /// Runs in the background; prints the name. - Returns: 0.
    func detached() async throws(Failure) -> UInt32 {
        let log = record.labels[Self.logLabel] ?? ""
        makeLogDirectory()
        try await created { rootfs async throws(Failure) in
            let output = "file://\(log)"
            _ = try await client.createTask(id, rootfs: rootfs, io: TaskIO(stdout: output, stderr: output))
            do throws(Failure) {
                try await client.start(id)
            } catch {
                _ = try? await client.deleteTask(id)
                throw error
            }
        }
        StandardOutput.write("\(id)\n")
        return 0
    }

    /// Runs with this process's streams. - Returns: the container's exit status.
    func attached(interactive: Bool, removes: Bool) async throws(Failure) -> UInt32 {
        let streams = try ProcessStreams(interactive: interactive || terminal, terminal: terminal, forExec: false)
        defer { streams.remove() }
        let session = AttachedSession(client: client, id: id, exec: "", terminal: terminal, streams: streams)
        var raw: RawTerminal?
        try await created { rootfs async throws(Failure) in
            try session.connect()
            _ = try await client.createTask(id, rootfs: rootfs, io: streams.io)
            do throws(Failure) {
                raw = try await session.start()
            } catch {
                try? await client.kill(id, signal: UInt32(SIGKILL), all: true)
                _ = try? await client.wait(id)
                _ = try? await client.deleteTask(id)
                throw error
            }
        }
        let status = try await session.finish(raw)
        if removes { try await ContainerRemoval(client: client).removeEnded(record) }
        return status
    }

    /// Makes the record and the snapshot, runs `body` with the snapshot's mounts, and takes both back if it fails.
    ///
    /// The record comes first: by it garbage collection knows that the snapshot is wanted, and if this process is
    /// killed in between, `rm` knows the container.
    private func created(_ body: ([Model.Mount]) async throws(Failure) -> Void) async throws(Failure) {
        do throws(Failure) {
            _ = try await client.createContainer(record)
        } catch  where error.code == .alreadyExists {
            throw Failure(
                .alreadyExists,
                "container \"\(id)\": the name is taken; remove it with `berthctl rm -f \(id)` or choose another")
        }
        do throws(Failure) {
            let mounts = try await prepared()
            do throws(Failure) {
                try await body(mounts)
            } catch {
                try? await client.removeSnapshot(id, snapshotter: snapshotter)
                throw error
            }
        } catch {
            try? await client.deleteContainer(id)
            throw error
        }
    }

    private func prepared() async throws(Failure) -> [Model.Mount] {
        let parent = image.chainID.description
        do throws(Failure) {
            return try await client.prepareSnapshot(id, parent: parent, snapshotter: snapshotter)
        } catch  where error.code == .notFound {
            return try await client.unpacking(image, snapshotter: snapshotter) { client async throws(Failure) in
                try await client.prepareSnapshot(id, parent: parent, snapshotter: snapshotter)
            }
        } catch  where error.code == .alreadyExists {
            throw Failure(
                .alreadyExists,
                "snapshot \"\(id)\": already exists, though no container has it; remove it or choose another --name")
        }
    }

    private func makeLogDirectory() {
        mkdir(Self.logDirectory, 0o700)
        mkdir("\(Self.logDirectory)/\(client.namespace)", 0o700)
    }
}
