internal import GRPCCore
internal import Glibc
internal import Metadata
internal import Model
internal import Services
internal import Tasks

extension Assembly {
    /// One provider for each service that is served.
    func services(_ configuration: Configuration) throws(Failure) -> [any RegistrableRPCService] {
        let introspection = IntrospectionService(
            plugins: Plugins.all(snapshotters: snapshotters.names, root: configuration.root),
            uuid: try Installation.uuid(root: configuration.root), pid: UInt64(getpid()),
            pidNamespace: Installation.pidNamespace)
        let streams = StreamTable()
        return [
            ContainersService(containers: metadata.containers, collector: collector),
            ContentService(content: content, collector: collector),
            DiffService(differ: differ),
            EventsService(sink: events, source: events),
            HealthService(),
            ImagesService(images: metadata.images, collector: collector),
            introspection,
            LeasesService(leases: metadata.leases, collector: collector),
            NamespacesService(namespaces: metadata.namespaces),
            SandboxControllerService(),
            SandboxStoreService(sandboxes: metadata.sandboxes),
            SnapshotsService(snapshotters: snapshotters, collector: collector),
            StreamingService(streams: streams),
            TasksService(tasks: tasks, containers: metadata.containers, snapshotters: snapshotters),
            TransferService(transfers: transfer, streams: streams, defaultSnapshotter: SnapshotterName.overlay),
            VersionService(version: Build.apiVersion, revision: Build.revision),
        ]
    }
}
