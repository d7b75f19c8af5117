internal import Glibc
package import Model
internal import Testing

/// What every snapshotter must do. A suite runs each case on a fresh, empty one, with a directory to mount at.
/// Needs root: what is in a snapshot is looked at through its mounts.
package enum SnapshotterConformance: String, CaseIterable, Sendable {
    case written = "an active snapshot takes files and keeps them when committed"
    case inherited = "a child begins with its parent's files"
    case separate = "a child's changes do not reach its parent"
    case removedFile = "a file removed in a child is gone there and below it only"
    case siblings = "two children of one parent are apart"
    case viewed = "a view shows its parent and takes no writes"
    case emptyView = "a view of nothing is empty"
    case deep = "a chain of many snapshots shows the newest of each file"
    case top = "the top directory keeps the parent's owner and mode"
    case kinds = "a snapshot's kind and parent are told"
    case duplicate = "a key is used once"
    case missingParent = "a parent must exist"
    case activeParent = "a parent must be committed"
    case committedName = "a committed name is used once"
    case committedKey = "a committed snapshot has no mounts and is not committed again"
    case viewCommit = "a view is not committed"
    case children = "a snapshot with children is not removed"
    case removed = "a removed snapshot is gone and its key free"
    case mounts = "mounts are the same when asked for again"
    case usage = "usage counts what a snapshot itself takes, links once"
    case labels = "labels are kept and replaced by an update"
    case isolated = "another namespace sees nothing and may use the same keys"
    case target = "a snapshot whose target is committed already is not prepared"
    case filtered = "a list obeys its filters"

    private static let scope = Scope(namespace: "default")

    package func run(on snapshotter: any Snapshotter, at target: String) async throws {
        let test = Run(snapshotter: snapshotter, target: target, scope: Self.scope)
        switch self {
        case .written, .inherited, .separate, .removedFile, .siblings, .viewed, .emptyView, .deep, .top:
            try await runFiles(test)
        case .duplicate, .missingParent, .activeParent, .committedName, .committedKey, .viewCommit, .children, .target:
            try await runRefusals(test)
        default: try await runRecords(test)
        }
    }

    private func runFiles(_ test: Run) async throws {
        try await test.layer("base", parent: "") { root in
            try write(root + "/a", "base")
            try write(root + "/b", "base")
            if self == .top {
                chown(root, 12, 34)
                chmod(root, 0o1750)
            }
        }
        let child = try await test.snapshotter.prepare("child", parent: "base", labels: [:], in: Self.scope)
        switch self {
        case .separate, .siblings:
            try test.look(child) { try write($0 + "/a", "child") }
            let other =
                self == .separate
                ? try await test.snapshotter.view("other", parent: "base", labels: [:], in: Self.scope)
                : try await test.snapshotter.prepare("other", parent: "base", labels: [:], in: Self.scope)
            #expect(try test.look(other) { read($0 + "/a") } == "base")
            #expect(try test.look(child) { read($0 + "/a") } == "child")
        case .removedFile:
            try test.look(child) { _ = unlink($0 + "/a") }
            try await test.snapshotter.commit("second", key: "child", labels: [:], in: Self.scope)
            let third = try await test.snapshotter.prepare("third", parent: "second", labels: [:], in: Self.scope)
            #expect(try test.look(third) { [read($0 + "/a"), read($0 + "/b")] } == [nil, "base"])
            let view = try await test.snapshotter.view("view", parent: "base", labels: [:], in: Self.scope)
            #expect(try test.look(view) { read($0 + "/a") } == "base")
        case .viewed:
            let view = try await test.snapshotter.view("view", parent: "base", labels: [:], in: Self.scope)
            let seen = try test.look(view) { root in
                (read(root + "/a"), open(root + "/c", O_CREAT | O_WRONLY, 0o600) == -1 ? errno : 0)
            }
            #expect(seen.0 == "base" && seen.1 == EROFS)
        case .emptyView:
            let view = try await test.snapshotter.view("view", parent: "", labels: [:], in: Self.scope)
            #expect(try test.look(view) { rmdir($0 + "/none") == -1 && read($0 + "/a") == nil })
        case .deep:
            for level in 0..<20 {
                try await test.layer("level\(level)", parent: level == 0 ? "base" : "level\(level - 1)") { root in
                    try write(root + "/a", "level \(level)")
                    try write(root + "/only\(level)", "here")
                }
            }
            let top = try await test.snapshotter.view("top", parent: "level19", labels: [:], in: Self.scope)
            let seen = try test.look(top) { [read($0 + "/a"), read($0 + "/b"), read($0 + "/only0")] }
            #expect(seen == ["level 19", "base", "here"])
        case .top:
            let seen = try test.look(child) { root in
                var status = stat()
                stat(root, &status)
                return [status.st_uid, status.st_gid, status.st_mode & 0o7777]
            }
            #expect(seen == [12, 34, 0o1750])
        default:
            #expect(try test.look(child) { [read($0 + "/a"), read($0 + "/b")] } == ["base", "base"])
        }
    }

    private func runRefusals(_ test: Run) async throws {
        let snapshotter = test.snapshotter
        try await test.layer("base", parent: "") { _ in }
        _ = try await snapshotter.prepare("active", parent: "base", labels: [:], in: Self.scope)
        _ = try await snapshotter.view("view", parent: "base", labels: [:], in: Self.scope)
        switch self {
        case .duplicate:
            for key in ["active", "view", "base"] {
                await expectFailure(.alreadyExists) { () async throws(Failure) in
                    _ = try await snapshotter.prepare(key, parent: "base", labels: [:], in: Self.scope)
                }
            }
        case .missingParent:
            await expectFailure(.notFound) { () async throws(Failure) in
                _ = try await snapshotter.prepare("new", parent: "nowhere", labels: [:], in: Self.scope)
            }
        case .activeParent:
            await expectFailure(.invalidArgument) { () async throws(Failure) in
                _ = try await snapshotter.prepare("new", parent: "active", labels: [:], in: Self.scope)
            }
        case .committedName:
            await expectFailure(.alreadyExists) { () async throws(Failure) in
                try await snapshotter.commit("base", key: "active", labels: [:], in: Self.scope)
            }
            #expect(try await snapshotter.stat("active", in: Self.scope).kind == .active)
        case .committedKey:
            await expectFailure(.failedPrecondition) { () async throws(Failure) in
                _ = try await snapshotter.mounts("base", in: Self.scope)
            }
            await expectFailure(.failedPrecondition) { () async throws(Failure) in
                try await snapshotter.commit("other", key: "base", labels: [:], in: Self.scope)
            }
        case .viewCommit:
            await expectFailure(.failedPrecondition) { () async throws(Failure) in
                try await snapshotter.commit("other", key: "view", labels: [:], in: Self.scope)
            }
        case .target:
            await expectFailure(.alreadyExists) { () async throws(Failure) in
                _ = try await snapshotter.prepare(
                    "new", parent: "", labels: ["containerd.io/snapshot.ref": "base"], in: Self.scope)
            }
        default:
            await expectFailure(.failedPrecondition) { () async throws(Failure) in
                try await snapshotter.remove("base", in: Self.scope)
            }
        }
    }

    private func runRecords(_ test: Run) async throws {
        let snapshotter = test.snapshotter
        let labels = ["containerd.io/snapshot.ref": "sha256:chain", "x": "1"]
        let mounts = try await snapshotter.prepare("active", parent: "", labels: labels, in: Self.scope)
        var info = try await snapshotter.stat("active", in: Self.scope)
        switch self {
        case .kinds:
            try await snapshotter.commit("base", key: "active", labels: [:], in: Self.scope)
            _ = try await snapshotter.view("view", parent: "base", labels: [:], in: Self.scope)
            let view = try await snapshotter.stat("view", in: Self.scope)
            #expect(info.kind == .active && info.parent.isEmpty)
            #expect(view.kind == .view && view.parent == "base")
            #expect(try await snapshotter.stat("base", in: Self.scope).kind == .committed)
        case .removed:
            try await snapshotter.remove("active", in: Self.scope)
            await expectFailure(.notFound) { () async throws(Failure) in
                _ = try await snapshotter.stat("active", in: Self.scope)
            }
            _ = try await snapshotter.prepare("active", parent: "", labels: [:], in: Self.scope)
        case .mounts:
            #expect(try await snapshotter.mounts("active", in: Self.scope) == mounts)
        case .usage:
            let before = try await snapshotter.usage("active", in: Self.scope)
            try test.look(mounts) { root in
                try write(root + "/file", String(repeating: "x", count: 64 << 10))
                _ = link(root + "/file", root + "/again")
            }
            let after = try await snapshotter.usage("active", in: Self.scope)
            #expect(after.inodes == before.inodes + 1)
            #expect((64 << 10..<128 << 10).contains(after.size - before.size))
            try await snapshotter.commit("done", key: "active", labels: [:], in: Self.scope)
            #expect(try await snapshotter.usage("done", in: Self.scope).inodes == after.inodes)
        case .labels:
            #expect(info.labels == labels)
            info.labels = ["y": "2"]
            #expect(try await snapshotter.update(info, .everything, in: Self.scope).labels == ["y": "2"])
        case .isolated:
            let other = Scope(namespace: "other")
            #expect(try await snapshotter.list(filters: [], in: other).isEmpty)
            #expect(try await snapshotter.prepare("active", parent: "", labels: [:], in: other) != mounts)
        default:
            _ = try await snapshotter.prepare("plain", parent: "", labels: [:], in: Self.scope)
            #expect(try await snapshotter.list(filters: ["labels.x==1"], in: Self.scope).map(\.name) == ["active"])
            #expect(try await snapshotter.list(filters: [], in: Self.scope).count == 2)
        }
    }
}

extension SnapshotterConformance: CustomTestStringConvertible {
    package var testDescription: String { rawValue }
}

/// One case's snapshotter with a place for its mounts.
private struct Run {
    let snapshotter: any Snapshotter
    let target: String
    let scope: Scope

    func look<Value: Sendable>(
        _ mounts: [Mount], _ body: @escaping @Sendable (String) throws -> Value
    ) throws -> Value {
        try withMounted(mounts, at: target, body)
    }

    /// A committed snapshot of what `body` does to its parent's files.
    func layer(_ name: String, parent: String, _ body: @escaping @Sendable (String) throws -> Void) async throws {
        let mounts = try await snapshotter.prepare("making \(name)", parent: parent, labels: [:], in: scope)
        try look(mounts, body)
        try await snapshotter.commit(name, key: "making \(name)", labels: [:], in: scope)
    }
}

private func write(_ path: String, _ text: String) throws {
    let file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o644)
    guard file >= 0 else { throw ScratchError(errno: errno) }
    defer { close(file) }
    let bytes = Array(text.utf8)
    guard Glibc.write(file, bytes, bytes.count) == bytes.count else { throw ScratchError(errno: errno) }
}

private func read(_ path: String) -> String? {
    let file = open(path, O_RDONLY)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    return String(decoding: bytes[..<max(Glibc.read(file, &bytes, bytes.count), 0)], as: UTF8.self)
}
