import Metadata
import Model
import Testing

struct SnapshotTableTests {
    let scratch: Scratch
    let store: MetadataStore
    let scope = Scope(namespace: "n")

    init() throws {
        scratch = try Scratch()
        store = try scratch.open()
    }

    private func add(
        _ key: String, on parent: String = "", _ kind: SnapshotInfo.Kind = .active, snapshotter: String = "overlayfs"
    ) async throws -> Int64 {
        let number = try await store.snapshots.reserveNumber()
        try await store.snapshots.add(
            number: number, key: key, parent: parent, kind: kind, labels: ["k": key], snapshotter: snapshotter,
            scope: scope)
        return number
    }

    private func commit(_ key: String, as name: String) async throws {
        try await store.snapshots.commit(
            key: key, name: name, labels: ["of": name], usage: SnapshotUsage(size: 7, inodes: 3),
            snapshotter: "overlayfs", scope: scope)
    }

    private func find(_ key: String) async throws -> SnapshotRecord {
        try await store.snapshots.find(key, snapshotter: "overlayfs", namespace: "n")
    }

    @Test func `a chain of layers knows its ancestors, nearest first`() async throws {
        var numbers: [Int64] = []
        for layer in 1...5 {
            numbers.insert(try await add("a\(layer)", on: layer == 1 ? "" : "l\(layer - 1)"), at: 0)
            try await commit("a\(layer)", as: "l\(layer)")
        }
        let view = try await add("view", on: "l5", .view)
        let record = try await find("view")
        #expect(record.number == view && record.parents == numbers && record.usage == nil)
        #expect(record.info.parent == "l5" && record.info.kind == .view && record.info.labels == ["k": "view"])
        let top = try await find("l5")
        #expect(top.parents == Array(numbers.dropFirst()) && top.usage == SnapshotUsage(size: 7, inodes: 3))
        #expect(top.info.kind == .committed && top.info.labels == ["of": "l5"])
        #expect(
            try await store.snapshots.parents(of: "l5", snapshotter: "overlay", namespace: "n") == numbers)
    }

    @Test func `a parent must exist and be committed`() async throws {
        _ = try await add("active")
        await expect(.notFound, "\"missing\"") { _ = try await add("x", on: "missing") }
        await expect(.invalidArgument, "\"active\"") { _ = try await add("x", on: "active") }
        await expect(.notFound) {
            _ = try await store.snapshots.parents(of: "missing", snapshotter: "overlayfs", namespace: "n")
        }
        await expect(.alreadyExists) { _ = try await add("active") }
        await expect(.invalidArgument) { _ = try await add("") }
    }

    @Test func `only an active snapshot is committed, and under a free name`() async throws {
        _ = try await add("a")
        try await commit("a", as: "l")
        await expect(.notFound) { try await commit("a", as: "m") }
        await expect(.failedPrecondition) { try await commit("l", as: "m") }
        _ = try await add("v", on: "l", .view)
        await expect(.failedPrecondition) { try await commit("v", as: "m") }
        _ = try await add("b")
        await expect(.alreadyExists) { try await commit("b", as: "l") }
        #expect(try await find("b").info.kind == .active)
    }

    @Test func `a snapshot with children stays`() async throws {
        let number = try await add("a")
        try await commit("a", as: "l")
        let child = try await add("c", on: "l")
        await expect(.failedPrecondition, "\"c\"") {
            _ = try await store.snapshots.remove("l", snapshotter: "overlayfs", namespace: "n")
        }
        #expect(try await store.snapshots.numbers(snapshotter: "overlayfs") == [number, child])
        #expect(try await store.snapshots.remove("c", snapshotter: "overlayfs", namespace: "n") == child)
        #expect(try await store.snapshots.remove("l", snapshotter: "overlay", namespace: "n") == number)
        await expect(.notFound) { _ = try await find("l") }
        #expect(try await store.snapshots.numbers(snapshotter: "overlayfs").isEmpty)
    }

    @Test func `snapshotters and namespaces are apart, two names of one are not`() async throws {
        _ = try await add("k", snapshotter: "native")
        _ = try await add("k", snapshotter: "overlay")
        await expect(.alreadyExists) { _ = try await add("k", snapshotter: "overlayfs") }
        #expect(try await store.snapshots.list(snapshotter: "native", namespace: "n").map(\.name) == ["k"])
        #expect(try await store.snapshots.list(snapshotter: "overlay", namespace: "n").count == 1)
        #expect(try await store.snapshots.list(snapshotter: "overlay", namespace: "m").isEmpty)
    }

    @Test func `only labels are updated`() async throws {
        _ = try await add("a")
        var info = try await find("a").info
        info.labels = ["x": "1"]
        info.parent = "other"
        let updated = try await store.snapshots.update(
            info, FieldUpdate(paths: ["labels.x"]), snapshotter: "overlayfs", namespace: "n")
        #expect(updated.labels == ["k": "a", "x": "1"] && updated.parent.isEmpty)
        #expect(try await find("a").info == updated)
        await expect(.invalidArgument, "parent") {
            _ = try await store.snapshots.update(
                info, FieldUpdate(paths: ["parent"]), snapshotter: "overlayfs", namespace: "n")
        }
    }

    @Test func `a number is never given twice, also by a later process`() async throws {
        var seen: Set<Int64> = []
        for _ in 0..<3 {
            let store = try scratch.open()
            let numbers = await withTaskGroup(of: [Int64].self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        var numbers: [Int64] = []
                        for _ in 0..<600 {
                            if let number = try? await store.snapshots.reserveNumber() { numbers.append(number) }
                        }
                        return numbers
                    }
                }
                return await group.reduce(into: []) { $0 += $1 }
            }
            #expect(numbers.count == 2400)
            for number in numbers { #expect(seen.insert(number).inserted) }
        }
    }
}
