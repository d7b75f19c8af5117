internal import Cgroups
internal import Kernel
internal import Libcontainer
internal import TTRPC
internal import TaskAPI

/// What is told about a container besides its processes: what it consumes, and when it consumed too much.
extension TaskService {
    func statistics(_ id: String) throws(Status) -> TaskAnswer {
        .stats(try measure(try record(id)))
    }

    private func measure(_ record: ContainerRecord) throws(Status) -> TypedValue {
        do {
            return try record.container.statistics().metrics
        } catch {
            throw Status(error)
        }
    }

    /// What a sandbox's containers use together, those that are gone included: what the cgroup counts that they are in.
    /// A daemon that names none keeps it to itself; then a container that is alone stands for the sandbox.
    /// - Returns: nil without a container that was measured, ever.
    func measure(_ sandbox: Sandbox) throws(Status) -> TypedValue? {
        if !sandbox.cgroupParent.isEmpty {
            do {
                let group = try CgroupManager(parent: sandbox.cgroupParent, layout: CgroupLayout.discover())
                return try group.statistics().metrics
            } catch {
                throw Status(
                    .failedPrecondition, "sandbox \"\(sandbox.id)\": cgroup \"\(sandbox.cgroupParent)\": \(error)")
            }
        }
        guard records.count < 2 else {
            throw Status(
                .failedPrecondition,
                "sandbox \"\(sandbox.id)\": was created without a cgroup for its \(records.count) containers together: "
                    + "ask for the metrics of each")
        }
        return try records.values.first.map(measure)
    }

    /// Reports when the kernel kills one of the container's processes for want of memory. A host without a memory
    /// controller cannot tell.
    func watchMemory(of record: ContainerRecord) {
        do throws(ContainerError) {
            guard let notifier = try record.container.oomNotifier() else { return }
            record.memory = consume notifier
        } catch {
            return log.warning("container \"\(record.id)\": lack of memory will not be reported: \(error.message)")
        }
        guard let descriptor = record.memory?.descriptor.rawValue else { return }
        record.memoryWatch = try? loop.watch(descriptor, .readable) { [unowned self, unowned record] _ in
            // It also fires when the cgroup is removed, or a limit is only touched: then nothing was killed.
            if record.memory?.killsSinceLast() ?? 0 > 0 { publisher.publish(.outOfMemory(id: record.id)) }
        }
    }

    func stopWatchingMemory(of record: ContainerRecord) {
        if let watch = record.memoryWatch { loop.unwatch(watch) }
        record.memoryWatch = nil
        record.memory = nil
    }
}
