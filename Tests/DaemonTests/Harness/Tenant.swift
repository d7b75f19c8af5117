import Foundation
import TestKit
import Testing

/// One namespace of a berthd, that nothing else on the machine uses, and the two clients in it.
struct Tenant {
    let berthd: Berthd
    let namespace: String

    var directory: String { berthd.directory }

    static func fifos(in directory: String) -> String { directory + "/fifo" }

    func ctr(_ arguments: String...) async throws -> ToolRun {
        try await ctr(arguments)
    }

    func ctr(_ arguments: [String]) async throws -> ToolRun {
        try await berthd.ctr(["-n", namespace] + arguments)
    }

    func berthctl(_ verb: String, _ arguments: String...) async throws -> ToolRun {
        try await ToolRun.run(try Berthd.program("berthctl"), words(.berthctl, verb, arguments))
    }

    /// The two clients, and how each is told where to go.
    enum Tool: String, CaseIterable, CustomTestStringConvertible {
        case ctr, berthctl

        var testDescription: String { rawValue }

        func program() throws -> String {
            switch self {
            case .ctr: "/usr/bin/ctr"
            case .berthctl: try Berthd.program("berthctl")
            }
        }
    }

    func words(_ tool: Tool, _ verb: String, _ arguments: [String]) -> [String] {
        switch tool {
        case .ctr: ["--address", berthd.address, "-n", namespace, verb] + arguments
        case .berthctl: [verb, "--address", berthd.address, "--namespace", namespace] + arguments
        }
    }

    /// Runs `command` in a new container of `image`, attached.
    func running(_ tool: Tool, _ id: String, _ image: String, _ command: String...) throws -> RunningTool {
        let arguments =
            switch tool {
            case .ctr: ["--fifo-dir", Self.fifos(in: directory), image, id] + command
            case .berthctl: ["--name", id, image] + command
            }
        return try RunningTool(try tool.program(), words(tool, "run", arguments))
    }

    /// Removes a container in whatever state it is, as a person would who finds it.
    func remove(_ tool: Tool, _ id: String) async throws {
        switch tool {
        case .ctr:
            _ = try await ctr("t", "rm", "-f", id)
            let removal = try await ctr("c", "rm", id)
            #expect(removal.status == 0, "\(removal.errors)")
        case .berthctl:
            let removal = try await berthctl("rm", "-f", id)
            #expect(removal.status == 0, "\(removal.errors)")
        }
    }

    /// The processes that serve the namespace's containers.
    var shims: [Int32] {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.compactMap(Int32.init).filter { process in
            guard let arguments = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else { return false }
            let words = String(decoding: arguments, as: UTF8.self).split(separator: "\0")
            guard let option = words.firstIndex(of: "-namespace"), words[0].contains("/containerd-shim") else {
                return false
            }
            return words.dropFirst(option + 1).first == namespace[...]
        }
    }

    /// Imports an image in which nothing is wrong. - Returns: its name.
    func image(_ recipe: ImageRecipe = ImageRecipe()) async throws -> String {
        let image = try await recipe.write(in: directory)
        let run = try await berthctl("import", "-q", image.path)
        guard run.status == 0 else { throw ToolRun.Fault.failed(run.errors) }
        return image.name
    }
}

/// Gives `body` a namespace of a running berthd; ends it and every container there is afterwards, whatever happens.
/// - Parameters:
///   - diskSize: bytes of a file system of its own for the data directory.
///   - environment: berthd's, over the test's own.
func withTenant(
    diskSize: Int? = nil, environment: [String: String] = [:], _ body: (Tenant) async throws -> Void
) async throws {
    try await withScratchDirectory("bad") { directory in
        let root = directory + "/root"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
        try FileManager.default.createDirectory(
            atPath: Tenant.fifos(in: directory), withIntermediateDirectories: false)
        func serve() async throws {
            let berthd = try await Berthd.start(in: directory, environment: environment)
            let tenant = Tenant(berthd: berthd, namespace: "bad-\(UInt32.random(in: 0 ... .max))")
            do {
                try await body(tenant)
            } catch {
                Issue.record("berthd's log: \(berthd.log)")
                try? await tenant.end()
                throw error
            }
            try await tenant.end()
        }
        guard let diskSize else { return try await serve() }
        try await withSmallDisk(at: root, bytes: diskSize) { try await serve() }
    }
}

extension Tenant {
    fileprivate func end() async throws {
        for task in (try? await ctr("t", "ls", "-q").lines) ?? [] { _ = try? await ctr("t", "rm", "-f", task) }
        try await berthd.stop()
        // Of a test that failed there may be more.
        for shim in shims { kill(shim, SIGKILL) }
        for directory in Leftovers.cgroups(of: namespace) {
            let processes = (try? String(contentsOfFile: directory + "/cgroup.procs", encoding: .utf8)) ?? ""
            for process in processes.split(separator: "\n").compactMap({ Int32($0) }) { kill(process, SIGKILL) }
            _ = await eventually { rmdir(directory) == 0 }
        }
        for directory in Leftovers.directories(of: namespace) { rmdir(directory) }
        // Of what berthctl ran in the background.
        try? FileManager.default.removeItem(atPath: "/var/log/berth/\(namespace)")
    }
}
