internal import Content
internal import Events
internal import Images
internal import Kernel
internal import Layers
internal import Logging
internal import Metadata
internal import Model
internal import NIOCore
internal import NIOPosix
internal import Reclaim
internal import Registry
internal import Services
internal import Snapshots
internal import Tasks

/// Every part of the supervisor, made in the order in which each needs the others, and in no other place.
struct Assembly {
    let events: EventExchange
    let metadata: MetadataStore
    let content: any ContentStore
    let snapshotters: SnapshotterTable
    let differ: any Differ
    let collector: any GarbageCollector
    let tasks: ShimTaskRuntime
    let transfer: any ImageTransfer

    /// Opens the stores and sweeps away what an earlier life left half-made. No task is known yet: see `recover`.
    init(_ configuration: Configuration, group: any EventLoopGroup, logger: Logger) async throws(Failure) {
        let root = configuration.root
        events = EventExchange(coding: EventMessages())
        events.keepMissed()
        metadata = try MetadataStore(path: root + "/metadata.db", events: events)
        let content = try LocalContentStore(directory: root + "/content", records: metadata.content, events: events)
        self.content = content
        let overlay = try OverlaySnapshotter(
            directory: root + "/snapshots/overlayfs", records: metadata.snapshots, events: events)
        let native = try NativeSnapshotter(
            directory: root + "/snapshots/native", records: metadata.snapshots, events: events)
        let drivers: [any Snapshotter] = [overlay, native]
        snapshotters = SnapshotterTable(
            drivers, namespaces: metadata.namespaces, defaultDriver: configuration.snapshots.defaultDriver)
        let differ = LayerDiffer(content: content)
        self.differ = differ
        collector = Collector(
            reclaimable: metadata.reclaimable, content: content, snapshotters: drivers, logger: logger)
        tasks = try ShimTaskRuntime(
            configuration: try Self.taskConfiguration(configuration, logger: logger), events: events, group: group,
            logger: logger)
        let transfer = LocalImageTransfer(
            content: content, images: metadata.images, leases: metadata.leases,
            snapshotters: ["overlayfs": overlay, "overlay": overlay, "native": native], differ: differ,
            registry: RegistryClient(eventLoops: MultiThreadedEventLoopGroup.singleton), collector: collector,
            spoolDirectory: root)
        self.transfer = transfer
        try await transfer.endInterrupted(in: try await metadata.namespaces.list().map(\.name))
        try await content.sweep()
        for driver in drivers { try await driver.sweep() }
    }

    private static func taskConfiguration(
        _ configuration: Configuration, logger: Logger
    ) throws(Failure) -> TaskRuntimeConfiguration {
        let shim = try ShimLocation.find(configuration.tasks.shim)
        var tasks = TaskRuntimeConfiguration(
            stateDirectory: configuration.state, address: configuration.grpc.address,
            eventAddress: configuration.shimAddress, shimProgram: shim, publishProgram: ShimLocation.ownProgram)
        tasks.replacedRuntimes = Set(configuration.tasks.replacedRuntimes)
        tasks.spareShims = configuration.tasks.spareShims
        tasks.debug = logger.logLevel <= .debug
        return tasks
    }
}
