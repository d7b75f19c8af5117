import Foundation
import TestKit
import Testing

/// A real berthd with directories and sockets of its own.
final class Berthd {
    let directory: String
    var address: String { directory + "/b.sock" }
    var root: String { directory + "/root" }
    var state: String { directory + "/state" }
    private var tool: RunningTool
    /// What its earlier lives logged.
    private var earlierLog = ""

    enum Fault: Error {
        case notServing(String)
        case noProgram(String)
    }

    /// Where the build put programs: beside the test's own.
    static func program(_ name: String) throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let path = URL(fileURLWithPath: own).deletingLastPathComponent().path + "/" + name
        guard FileManager.default.isExecutableFile(atPath: path) else { throw Fault.noProgram(path) }
        return path
    }

    /// What `berthd` is given to live below `directory`.
    static func arguments(_ directory: String) -> [String] {
        [
            "--root", directory + "/root", "--state", directory + "/state", "--address", directory + "/b.sock",
            "--log-level", "debug",
        ]
    }

    private init(directory: String, tool: RunningTool) {
        self.directory = directory
        self.tool = tool
    }

    /// Starts one in `directory` and waits until it serves.
    static func start(
        in directory: String, _ more: [String] = [], environment: [String: String] = [:]
    ) async throws -> Berthd {
        let tool = try RunningTool(try program("berthd"), arguments(directory) + more, environment: environment)
        let berthd = Berthd(directory: directory, tool: tool)
        try await berthd.serves()
        return berthd
    }

    private func serves() async throws {
        let tool = self.tool
        let serves = await eventually { tool.errorsSoFar.contains("berthd serves") || !tool.isRunning }
        guard serves, tool.isRunning else { throw Fault.notServing(tool.errorsSoFar) }
    }

    var pid: Int32 { tool.pid }
    var log: String { earlierLog + tool.errorsSoFar }
    var isRunning: Bool { tool.isRunning }

    /// Ends it as an administrator would.
    @discardableResult
    func stop() async throws -> ToolRun {
        tool.signal(SIGTERM)
        return try await tool.ended()
    }

    func signal(_ number: Int32) {
        tool.signal(number)
    }

    /// Ends it as nobody should.
    func kill() async throws {
        tool.signal(SIGKILL)
        try await died()
    }

    /// Waits for an end that somebody else brings about.
    func died() async throws {
        _ = try await tool.ended()
    }

    /// Starts one that has died again, on the same directories.
    func revive(environment: [String: String] = [:]) async throws {
        earlierLog += tool.errorsSoFar
        tool = try RunningTool(try Self.program("berthd"), Self.arguments(directory), environment: environment)
        try await serves()
    }

    /// Kills it, and starts it again on the same directories.
    func restart(environment: [String: String] = [:]) async throws {
        try await kill()
        try await revive(environment: environment)
    }

    /// Starts it again so that it dies at the failpoint `point`.
    func restart(toDieAt point: String) async throws {
        try await restart(environment: ["BERTH_FAILPOINTS": point + "=kill"])
    }

    /// The shims that wait for a container, and the one that they are copied from: its children that name none.
    var spares: [Int32] { tool.children.filter(Self.isSpare) }

    static func isSpare(_ process: Int32) -> Bool {
        let arguments = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
        let words = String(decoding: arguments, as: UTF8.self).split(separator: "\0")
        return words.contains("-zygote-fd") || words.contains("-spare")
    }

    /// Runs the stock client against it.
    func ctr(_ arguments: String...) async throws -> ToolRun {
        try await ctr(arguments)
    }

    func ctr(_ arguments: [String]) async throws -> ToolRun {
        try await ToolRun.run("/usr/bin/ctr", ["--address", address] + arguments)
    }
}

/// Gives `body` a running berthd; ends it and every container it has afterwards, whatever happens.
func withBerthd(_ name: String = "daemon", _ body: (Berthd) async throws -> Void) async throws {
    try await withScratchDirectory(name) { directory in
        let cgroups = Leftovers.topCgroups
        let berthd = try await Berthd.start(in: directory)
        do {
            try await body(berthd)
        } catch {
            try? await berthd.removeEverything(but: cgroups)
            Issue.record("berthd's log: \(berthd.log)")
            throw error
        }
        try await berthd.removeEverything(but: cgroups)
    }
}

extension Berthd {
    /// - Parameter cgroups: that were there before.
    fileprivate func removeEverything(but cgroups: Set<String>) async throws {
        let namespaces = (try? await ctr("namespaces", "ls", "-q").lines) ?? []
        for namespace in namespaces {
            let tasks = (try? await ctr("-n", namespace, "t", "ls", "-q").lines) ?? []
            for task in tasks { _ = try? await ctr("-n", namespace, "t", "rm", "-f", task) }
        }
        try await stop()
        for namespace in namespaces {
            for directory in Leftovers.directories(of: namespace) where !cgroups.contains(directory) {
                rmdir(directory)
            }
        }
    }
}
