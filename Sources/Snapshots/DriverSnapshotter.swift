internal import Dispatch
internal import Kernel
package import Model
internal import Synchronization

/// The life cycle of snapshots, the same for every driver.
///
/// Creation makes the directory, then the record; an active snapshot is not synced, since it need only survive the
/// supervisor's death. Commit gets the whole file system to the disk with one syncfs(2), which concurrent commits
/// share (a tree of many files is not worth an fsync each), then waits for the record. Removal ends the record
/// first and deletes the directory in the background; a crash leaves a directory that `sweep` finds.
package final class DriverSnapshotter<Driver: SnapshotDriver>: Snapshotter {
    let driver: Driver
    let directory: SnapshotDirectory
    let records: any SnapshotRecords
    let events: any EventSink
    private let sync: GroupedSync
    /// Numbers whose directory is being made and whose record is yet to come.
    private let pending = Mutex<Set<Int64>>([])
    private let removals = DispatchQueue(label: "snapshots.removal", qos: .utility)

    /// `directory` is the driver's own; it is made where missing. Nothing is swept: call `sweep()` once the
    /// records are open.
    package init(directory: String, records: any SnapshotRecords, events: any EventSink) throws(Failure) {
        driver = Driver()
        self.directory = try SnapshotDirectory(path: directory)
        self.records = records
        self.events = events
        sync = GroupedSync(self.directory)
    }

    package var name: String { Driver.name }

    package func stat(_ key: String, in scope: Scope) async throws(Failure) -> SnapshotInfo {
        try await find(key, scope).info
    }

    package func update(
        _ info: SnapshotInfo, _ update: FieldUpdate, in scope: Scope
    ) async throws(Failure) -> SnapshotInfo {
        try await records.update(info, update, snapshotter: name, namespace: scope.namespace)
    }

    package func list(filters: [String], in scope: Scope) async throws(Failure) -> [SnapshotInfo] {
        let set = try FilterSet(filters)
        return set.select(from: try await records.list(snapshotter: name, namespace: scope.namespace))
    }

    package func usage(_ key: String, in scope: Scope) async throws(Failure) -> SnapshotUsage {
        let record = try await find(key, scope)
        switch record.info.kind {
        case .committed: if let usage = record.usage { return usage }
        // A view has no files of its own.
        case .view: return SnapshotUsage(size: 0, inodes: 0)
        case .active: break
        }
        return try await measure(record)
    }

    package func mounts(_ key: String, in scope: Scope) async throws(Failure) -> [Mount] {
        let record = try await find(key, scope)
        guard record.info.kind != .committed else {
            throw Failure(.failedPrecondition, "snapshot \"\(key)\": committed; only active ones and views are mounted")
        }
        return driver.mounts(record.number, kind: record.info.kind, parents: record.parents, in: directory)
    }

    package func prepare(
        _ key: String, parent: String, labels: [String: String], in scope: Scope
    ) async throws(Failure) -> [Mount] {
        if let target = labels[SnapshotLabel.target] { try await checkAbsent(target, scope) }
        let mounts = try await create(key, parent: parent, kind: .active, labels: labels, scope)
        events.publish(
            .snapshotPrepared(key: key, parent: parent, snapshotter: name), namespace: scope.namespace)
        return mounts
    }

    package func view(
        _ key: String, parent: String, labels: [String: String], in scope: Scope
    ) async throws(Failure) -> [Mount] {
        try await create(key, parent: parent, kind: .view, labels: labels, scope)
    }

    package func commit(_ name: String, key: String, labels: [String: String], in scope: Scope) async throws(Failure) {
        guard !name.isEmpty else { throw .invalid("snapshot \"\(key)\": the name to commit to is empty") }
        let record = try await find(key, scope)
        guard record.info.kind == .active else {
            throw Failure(.failedPrecondition, "snapshot \"\(key)\": not active; only active ones can be committed")
        }
        let usage = try await measure(record)
        try await sync.wait()
        await Failpoint.reach("snapshots.commit.after-sync")
        try await records.commit(
            key: key, name: name, labels: labels, usage: usage, snapshotter: self.name, scope: scope)
        await Failpoint.reach("snapshots.commit.after-record")
        events.publish(.snapshotCommitted(key: key, name: name, snapshotter: self.name), namespace: scope.namespace)
    }

    package func remove(_ key: String, in scope: Scope) async throws(Failure) {
        let number = try await records.remove(key, snapshotter: name, namespace: scope.namespace)
        await Failpoint.reach("snapshots.remove.after-record")
        let directory = directory
        // A failure leaves garbage that the next sweep takes and reports.
        removals.async { try? directory.remove(number) }
        events.publish(.snapshotRemoved(key: key, snapshotter: name), namespace: scope.namespace)
    }

    package func sweep() async throws(Failure) {
        await withCheckedContinuation { continuation in
            removals.async { continuation.resume() }
        }
        // In this order: a directory that is there now either still awaits its record below, or has it by then.
        let found: (numbers: [Int64], leftovers: [String])
        do throws(SystemCallError) {
            found = try directory.contents()
        } catch {
            throw .disk(error, "snapshot directory \"\(directory.path)\"")
        }
        let awaiting = pending.withLock { $0 }
        let known = try await records.numbers(snapshotter: name)
        let garbage = found.numbers.filter { !known.contains($0) && !awaiting.contains($0) }
        let leftovers = found.leftovers
        let directory = directory
        try await blocking { () throws(Failure) in
            do throws(SystemCallError) {
                for number in garbage { try directory.remove(number) }
                for name in leftovers { try directory.root.removeTree(name: name) }
            } catch {
                throw .disk(error, "snapshot directory \"\(directory.path)\"")
            }
        }
    }

    private func find(_ key: String, _ scope: Scope) async throws(Failure) -> SnapshotRecord {
        try await records.find(key, snapshotter: name, namespace: scope.namespace)
    }

    private func measure(_ record: SnapshotRecord) async throws(Failure) -> SnapshotUsage {
        let directory = directory
        let number = record.number
        return try await blocking { () throws(Failure) in
            do throws(SystemCallError) {
                return try DiskUsage.of(try directory.openFiles(number))
            } catch {
                throw .disk(error, "snapshot directory \"\(directory.path)/\(number)\"")
            }
        }
    }

    /// A client that unpacks says in a label what it will commit to; if somebody else has done so meanwhile, it
    /// need not begin.
    private func checkAbsent(_ target: String, _ scope: Scope) async throws(Failure) {
        do throws(Failure) {
            _ = try await find(target, scope)
        } catch {
            if error.code == .notFound { return }
            throw error
        }
        throw .alreadyExists("target snapshot", target)
    }

    private func create(
        _ key: String, parent: String, kind: SnapshotInfo.Kind, labels: [String: String], _ scope: Scope
    ) async throws(Failure) -> [Mount] {
        guard !key.isEmpty else { throw .invalid("snapshot: the key is empty; choose one") }
        let parents =
            parent.isEmpty
            ? [] : try await records.parents(of: parent, snapshotter: name, namespace: scope.namespace)
        let number = try await records.reserveNumber()
        pending.withLock { _ = $0.insert(number) }
        defer { pending.withLock { _ = $0.remove(number) } }
        do throws(Failure) {
            if Driver.copiesParent && !parents.isEmpty {
                let (driver, directory) = (driver, directory)
                try await blocking { () throws(Failure) in
                    try driver.create(number, kind: kind, parents: parents, in: directory)
                }
            } else {
                try driver.create(number, kind: kind, parents: parents, in: directory)
            }
            await Failpoint.reach("snapshots.create.after-directory")
            try await records.add(
                number: number, key: key, parent: parent, kind: kind, labels: labels, snapshotter: name, scope: scope)
            await Failpoint.reach("snapshots.create.after-record")
        } catch {
            let directory = directory
            removals.async { try? directory.remove(number) }
            throw error
        }
        return driver.mounts(number, kind: kind, parents: parents, in: directory)
    }
}

/// Labels of clients that a snapshotter looks at. All others are kept without a look.
enum SnapshotLabel {
    /// The name under which the client is going to commit.
    static let target = "containerd.io/snapshot.ref"
}
