internal import Client
internal import ImageSpec
internal import Model
internal import RuntimeSpec

/// The calls that a client makes for one container, from nothing to nothing. They are the same for every supervisor:
/// the same specification, no standard streams, the runtime that stock clients ask for.
struct ContainerLife: Sendable {
    enum Step: String, CaseIterable {
        case prepareSnapshot = "prepare snapshot"
        case createContainer = "create container"
        case createTask = "create task"
        case start = "start"
        case exit = "wait for exit"
        case deleteTask = "delete task"
        case deleteContainer = "delete container"
        case removeSnapshot = "remove snapshot"
    }

    static let snapshotter = "overlayfs"

    /// Go's gRPC server resets each stream of a call that it has answered, and the HTTP/2 library that our client
    /// stands on closes a connection after 200 resets. A connection serves at most this many lives.
    static let perConnection = 24

    let client: Client
    let image: ResolvedImage
    /// The shims' name.
    let runtime: String

    /// - Parameter body: gets the lives of containers at `contender` over a new connection that is in use already.
    static func connected<Result: Sendable>(
        to contender: Contender, namespace: String, image: ResolvedImage, runtime: String = "io.containerd.runc.v2",
        _ body: (ContainerLife) async throws -> Result
    ) async throws -> Result {
        try await Client.connected(to: contender.address, namespace: namespace) { client in
            _ = try await client.image(image.record.name)
            return try await body(ContainerLife(client: client, image: image, runtime: runtime))
        }
    }

    /// - Returns: how long each step took, in the order of `Step.allCases`.
    func run(_ id: String, _ command: [String]) async throws -> [Duration] {
        let clock = ContinuousClock()
        var marks = [clock.now]
        let mounts = try await prepare(id)
        marks.append(clock.now)
        _ = try await client.createContainer(record(id, command))
        marks.append(clock.now)
        _ = try await client.createTask(id, rootfs: mounts, io: TaskIO())
        marks.append(clock.now)
        async let exit = client.wait(id)
        try await client.start(id)
        marks.append(clock.now)
        let status = try await exit
        guard status == 0 else { throw Failure(.unknown, "container \"\(id)\": exited with status \(status)") }
        marks.append(clock.now)
        try await client.deleteTask(id)
        marks.append(clock.now)
        try await remove(id, marks: &marks)
        return zip(marks, marks.dropFirst()).map { $1 - $0 }
    }

    /// A container that stays.
    struct Started: Sendable {
        /// Its init's.
        let pid: Int32
        let creation: Duration
        let start: Duration
    }

    @discardableResult
    func start(_ id: String, _ command: [String], io: TaskIO = TaskIO()) async throws -> Started {
        let mounts = try await prepare(id)
        _ = try await client.createContainer(record(id, command))
        let begin = ContinuousClock.now
        let pid = try await client.createTask(id, rootfs: mounts, io: io)
        let created = ContinuousClock.now
        try await client.start(id)
        return Started(
            pid: Int32(bitPattern: pid), creation: created - begin, start: ContinuousClock.now - created)
    }

    /// Runs a command in a container that `start` has started. - Returns: the time from nothing to nothing.
    func exec(_ id: String, _ name: String, _ command: [String]) async throws -> Duration {
        var process = ProcessSpec()
        process.args = command
        process.env = ["PATH=/bin"]
        process.cwd = "/"
        let bytes = JSONWriter.bytes(of: process)
        let begin = ContinuousClock.now
        try await client.exec(id, exec: name, process: bytes, io: TaskIO())
        async let exit = client.wait(id, exec: name)
        try await client.start(id, exec: name)
        let status = try await exit
        guard status == 0 else { throw Failure(.unknown, "exec \"\(name)\": exited with status \(status)") }
        try await client.deleteProcess(id, exec: name)
        return ContinuousClock.now - begin
    }

    /// Ends a container that `start` has started, and removes all of it.
    func end(_ id: String) async throws {
        try await client.kill(id, signal: 9, all: true)
        _ = try await client.wait(id)
        try await delete(id)
    }

    /// Removes all of a container that has ended.
    func delete(_ id: String) async throws {
        try await client.deleteTask(id)
        var marks: [ContinuousClock.Instant] = []
        try await remove(id, marks: &marks)
    }

    /// The collector of either system takes a snapshot that nothing names yet; the label keeps it.
    private func prepare(_ id: String) async throws -> [Model.Mount] {
        try await client.prepareSnapshot(
            id, parent: image.chainID.description, snapshotter: Self.snapshotter,
            labels: ["containerd.io/gc.root": "1970-01-01T00:00:00Z"])
    }

    private func remove(_ id: String, marks: inout [ContinuousClock.Instant]) async throws {
        try await client.deleteContainer(id)
        marks.append(.now)
        try await client.removeSnapshot(id, snapshotter: Self.snapshotter)
        marks.append(.now)
    }

    private func record(_ id: String, _ command: [String]) throws -> ContainerRecord {
        var options = ContainerOptions()
        options.arguments = command
        let spec = try ContainerSpec.make(
            image: image, id: id, namespace: client.namespace, user: User(uid: 0, gid: 0), options: options)
        return ContainerRecord(
            id: id, image: image.record.name, runtime: .init(name: runtime),
            spec: Client.payload(spec), snapshotter: Self.snapshotter, snapshotKey: id)
    }
}
