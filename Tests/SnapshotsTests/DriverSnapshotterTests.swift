import Glibc
import Kernel
import Model
import Snapshots
import TestKit
import Testing

@Suite(.needsRoot) struct DriverSnapshotterTests {
    private let scope = Scope(namespace: "default")

    @Test(arguments: SnapshotterConformance.allCases)
    func `the overlay snapshotter conforms`(_ conformance: SnapshotterConformance) async throws {
        try await withScratchDirectory("overlay") { path in
            let snapshotter = try OverlaySnapshotter(
                directory: path + "/snapshots/overlayfs", records: MemorySnapshotRecords(), events: EventRecorder())
            try await conformance.run(on: snapshotter, at: path + "/root")
            try await snapshotter.sweep()
        }
    }

    @Test(arguments: SnapshotterConformance.allCases)
    func `the native snapshotter conforms`(_ conformance: SnapshotterConformance) async throws {
        try await withScratchDirectory("native") { path in
            let snapshotter = try NativeSnapshotter(
                directory: path + "/snapshots/native", records: MemorySnapshotRecords(), events: EventRecorder())
            try await conformance.run(on: snapshotter, at: path + "/root")
            try await snapshotter.sweep()
        }
    }

    @Test func `overlay mounts are containerd's`() async throws {
        try await withScratchDirectory("overlay") { path in
            let snapshotter = try OverlaySnapshotter(
                directory: path, records: MemorySnapshotRecords(), events: EventRecorder())
            #expect(
                try await snapshotter.prepare("1", parent: "", labels: [:], in: scope)
                    == [Mount(type: "bind", source: path + "/1/fs", options: ["rw", "rbind"])])
            try await snapshotter.commit("one", key: "1", labels: [:], in: scope)
            #expect(
                try await snapshotter.view("v", parent: "one", labels: [:], in: scope)
                    == [Mount(type: "bind", source: path + "/1/fs", options: ["ro", "rbind"])])
            #expect(
                try await snapshotter.prepare("3", parent: "one", labels: [:], in: scope)
                    == [
                        Mount(
                            type: "overlay", source: "overlay",
                            options: [
                                "index=off", "workdir=\(path)/3/work", "upperdir=\(path)/3/fs", "lowerdir=\(path)/1/fs",
                            ])
                    ])
            try await snapshotter.commit("three", key: "3", labels: [:], in: scope)
            #expect(
                try await snapshotter.view("w", parent: "three", labels: [:], in: scope)
                    == [
                        Mount(
                            type: "overlay", source: "overlay",
                            options: ["index=off", "lowerdir=\(path)/3/fs:\(path)/1/fs"])
                    ])
            try await snapshotter.sweep()
        }
    }

    @Test func `events tell of preparing, committing and removing`() async throws {
        try await withScratchDirectory("overlay") { path in
            let events = EventRecorder()
            let snapshotter = try OverlaySnapshotter(
                directory: path, records: MemorySnapshotRecords(), events: events)
            _ = try await snapshotter.prepare("a", parent: "", labels: [:], in: scope)
            try await snapshotter.commit("b", key: "a", labels: [:], in: scope)
            try await snapshotter.remove("b", in: scope)
            #expect(
                events.events == [
                    .snapshotPrepared(key: "a", parent: "", snapshotter: "overlayfs"),
                    .snapshotCommitted(key: "a", name: "b", snapshotter: "overlayfs"),
                    .snapshotRemoved(key: "b", snapshotter: "overlayfs"),
                ])
            try await snapshotter.sweep()
        }
    }

    @Test func `the sweep removes directories without a record and nothing else`() async throws {
        try await withScratchDirectory("overlay") { path in
            let records = MemorySnapshotRecords()
            let snapshotter = try OverlaySnapshotter(directory: path, records: records, events: EventRecorder())
            _ = try await snapshotter.prepare("kept", parent: "", labels: [:], in: scope)
            await records.failNextAdd(Failure(.internal, "the power fails"))
            await expectFailure(.internal) { () async throws(Failure) in
                _ = try await snapshotter.prepare("lost", parent: "", labels: [:], in: scope)
            }
            mkdir(path + "/77", 0o700)
            mkdir(path + "/77/fs", 0o700)
            mkdir(path + "/notes", 0o700)
            try await snapshotter.sweep()
            #expect(access(path + "/1/fs", F_OK) == 0)
            #expect(access(path + "/2", F_OK) != 0)
            #expect(access(path + "/77", F_OK) != 0)
            #expect(access(path + "/notes", F_OK) == 0)
        }
    }

    @Test func `directories nested without end are removed with few descriptors`() async throws {
        try await withScratchDirectory("overlay") { path in
            let snapshotter = try OverlaySnapshotter(
                directory: path, records: MemorySnapshotRecords(), events: EventRecorder())
            _ = try await snapshotter.prepare("deep", parent: "", labels: [:], in: scope)
            try onOwnThread {
                // Its own working directory: the depth is beyond what a path can say.
                try unshareNamespaces(.mount)
                guard chdir(path + "/1/fs") == 0 else { throw ScratchError(errno: errno) }
                for _ in 0..<3000 {
                    guard mkdir("d", 0o755) == 0, chdir("d") == 0 else { throw ScratchError(errno: errno) }
                }
            }
            await expectFailure(.internal) { () async throws(Failure) in
                _ = try await snapshotter.usage("deep", in: scope)
            }
            try await snapshotter.remove("deep", in: scope)
            try await snapshotter.sweep()
            #expect(rmdir(path + "/1") == -1 && errno == ENOENT)
            #expect(rmdir(path) == 0)
            mkdir(path, 0o700)
        }
    }

    @Test func `only root may look below the snapshot directory`() async throws {
        try await withScratchDirectory("overlay") { path in
            let snapshotter = try OverlaySnapshotter(
                directory: path + "/s/overlayfs", records: MemorySnapshotRecords(), events: EventRecorder())
            _ = try await snapshotter.prepare("a", parent: "", labels: [:], in: scope)
            for directory in ["/s", "/s/overlayfs", "/s/overlayfs/1"] {
                var status = stat()
                stat(path + directory, &status)
                #expect(status.st_mode & 0o7777 == 0o700, "\(directory)")
            }
        }
    }

    @Test func `a directory whose name overlay options cannot hold is refused`() async throws {
        await expectFailure(.invalidArgument) { () async throws(Failure) in
            _ = try OverlaySnapshotter(
                directory: "/tmp/a,b", records: MemorySnapshotRecords(), events: EventRecorder())
        }
    }
}
