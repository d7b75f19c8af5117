import Kernel
import TTRPC
import TaskAPI
import TestKit
import Testing

/// Machines that have no more of something: descriptors, room on a disk.
@Suite(.needsRoot, .serialized) struct ExhaustionTests {
    // MARK: Descriptors

    private func descriptors(of shim: ShimFixture) throws -> [Int] {
        try Directory.entries("/proc/\(shim.shim)/fd").compactMap { Int($0.name) }.sorted()
    }

    /// Lets the shim have no descriptor whose number is `limit` or above.
    private func limit(_ shim: ShimFixture, to limit: Int) throws {
        try setLimit(of: .openFiles, soft: UInt64(limit), hard: 4096, process: shim.shim)
    }

    /// One that finds work over and over is never seen asleep.
    private func expectAsleep(_ shim: ShimFixture) throws {
        var seen = 0
        try shim.wait("the shim sleeps") {
            let stat = (try? SmallFile.text("/proc/\(shim.shim)/stat")) ?? ""
            seen = stat.contains(") S ") ? seen + 1 : 0
            return seen == 20
        }
    }

    @Test func `clients beyond the last descriptor are turned away, and the others served`() throws {
        let shim = try ShimFixture()
        #expect(shim.code("Connect", ShimRequest.process(shim.id)) == .ok)
        let before = try descriptors(of: shim)
        try limit(shim, to: (before.last ?? 0) + 3)
        var clients = try (0..<before.count + 10).map { _ in try shim.connect() }
        try shim.wait("a client is turned away") { clients.contains(where: \.isClosed) }
        #expect(shim.code("Connect", ShimRequest.process(shim.id)) == .ok)
        try expectAsleep(shim)
        clients = []
        try limit(shim, to: 1024)
        #expect(try shim.code("Connect", ShimRequest.process(shim.id), over: shim.connect()) == .ok)
        try shim.wait("descriptors are back") { (try? descriptors(of: shim).count) == before.count }
    }

    @Test func `where not even one can be turned away clients wait, and the shim sleeps meanwhile`() throws {
        let shim = try ShimFixture()
        #expect(shim.code("Connect", ShimRequest.process(shim.id)) == .ok)
        try limit(shim, to: 3)
        let waiting = try (0..<5).map { _ in try shim.connect() }
        #expect(shim.code("Connect", ShimRequest.process(shim.id)) == .ok)
        try expectAsleep(shim)
        #expect(waiting.filter(\.isClosed).isEmpty)
        try limit(shim, to: 1024)
        for client in waiting { #expect(shim.code("Connect", ShimRequest.process(shim.id), over: client) == .ok) }
    }

    @Test func `a creation that runs out of descriptors, wherever it does, leaves nothing`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        let request = ShimRequest.create(shim.id, bundle: shim.bundle)
        // Its connection is served from here on.
        #expect(shim.code("State", ShimRequest.process(shim.id)) == .notFound)
        let before = try descriptors(of: shim)
        var failures = 0
        for spare in 0..<100 {
            try limit(shim, to: (before.last ?? 0) + 1 + spare)
            let code = shim.code("Create", request)
            if code == .ok { break }
            failures += 1
            #expect(code == .resourceExhausted, "\(spare) descriptors:\n\(shim.log)")
            #expect(Leftovers.cgroups(of: shim.id) == [], "\(spare) descriptors")
            #expect(((try? Directory.entries(shim.bundle + "/runtime")) ?? []).isEmpty, "\(spare) descriptors")
            #expect(try descriptors(of: shim) == before, "\(spare) descriptors")
        }
        #expect(failures > 3)
        try limit(shim, to: 1024)
        try shim.start()
        #expect(try shim.status() == 2)
    }

    @Test func `a further process that runs out of descriptors, wherever it does, leaves the container alone`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try shim.create()
        try shim.start()
        let stdout = try FifoEnd(shim.directory + "/out", .both)
        let before = try descriptors(of: shim)
        var failures = 0
        for spare in 0..<100 {
            try limit(shim, to: (before.last ?? 0) + 1 + spare)
            let name = "e\(spare)"
            try shim.exec(name, ["/bin/true"], stdio: StdioRequest(stdout: shim.directory + "/out"))
            let code = shim.code("Start", ShimRequest.process(shim.id, name))
            if code == .ok { break }
            failures += 1
            #expect(code == .resourceExhausted, "\(spare) descriptors:\n\(shim.log)")
            #expect(try descriptors(of: shim) == before, "\(spare) descriptors")
            try shim.call("Delete", ShimRequest.process(shim.id, name))
        }
        #expect(failures > 3)
        try limit(shim, to: 1024)
        #expect(try shim.waitForExit("e\(failures)") == 0)
        #expect(try shim.status() == 2)
        withExtendedLifetime(stdout) {}
    }

    // MARK: Disk

    /// A file that takes what room there is.
    private final class Filler {
        private let file: FileDescriptor
        private var size = 0

        init(_ path: String) throws {
            file = try FileDescriptor.open(path, [.writeOnly, .create])
            let block = [UInt8](repeating: 1, count: 4096)
            while case .moved(let count)? = try? block.withUnsafeBytes({ try Transfer.write($0, to: file.rawValue) }) {
                size += count
            }
        }

        /// Makes room for so many blocks.
        func giveBack(_ blocks: Int) throws {
            size -= blocks * 4096
            try file.truncate(to: Int64(size))
        }
    }

    @Test func `a creation on a full disk leaves nothing, and succeeds once there is room`() async throws {
        let shim = try ShimFixture()
        try await withSmallDisk(at: shim.bundle, bytes: 4 << 20) {
            try shim.prepareBundle(["/bin/sleep", "1000"])
            let filler = try Filler(shim.bundle + "/filler")
            let request = ShimRequest.create(shim.id, bundle: shim.bundle)
            var failures = 0
            while true {
                let code = shim.code("Create", request)
                if code == .ok { break }
                failures += 1
                #expect(code == .resourceExhausted, "\(shim.log)")
                #expect(Leftovers.cgroups(of: shim.id) == [])
                #expect(((try? Directory.entries(shim.bundle + "/runtime")) ?? []).isEmpty)
                try #require(failures < 50)
                try filler.giveBack(1)
            }
            #expect(failures > 0)
            try shim.start()
            try shim.call("Kill", ShimRequest.kill(shim.id, signal: 9))
            #expect(try shim.waitForExit() == 137)
            try shim.call("Delete", ShimRequest.process(shim.id))
        }
    }

    @Test func `a container whose log has no more room goes on, and what fits is there`() async throws {
        let shim = try ShimFixture()
        let disk = shim.directory + "/disk"
        try Directory.make(disk)
        try await withSmallDisk(at: disk, bytes: 64 << 10) {
            let script = "i=0; while [ $i -lt 20000 ]; do echo $i || exit 9; i=$((i+1)); done"
            try shim.prepareBundle(["/bin/sh", "-c", script])
            let path = disk + "/log"
            try shim.create(StdioRequest(stdout: "file://" + path))
            try shim.start()
            #expect(try shim.waitForExit() == 0)
            let text = try SmallFile.text(path, limit: 1 << 20)
            #expect(text.hasPrefix("0\n1\n2\n") && text.utf8.count > 16 << 10 && text.utf8.count <= 64 << 10)
            try shim.call("Delete", ShimRequest.process(shim.id))
        }
    }
}
