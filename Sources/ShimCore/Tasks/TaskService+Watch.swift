internal import Cgroups
internal import Kernel
internal import Libcontainer
internal import TTRPC
internal import TaskAPI

/// What is told about a container besides its processes: what it consumes, and when it consumed too much.
extension TaskService {
    func statistics(_ id: String) throws(Status) -> TaskAnswer {
        let record = try record(id)
        do {
            switch try record.container.statistics() {
            case .legacy(let statistics): return .stats(statistics.metrics)
            case .unified(let statistics): return .stats(statistics.metrics)
            }
        } catch {
            throw Status(error)
        }
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
