import Foundation
import Testing

@testable import Cgroups

/// A directory that stands for a cgroup: plain files with what a kernel would show.
final class Fixture {
    let path: String

    init(_ files: [String: String] = [:]) throws {
        path = NSTemporaryDirectory() + "/berth-cgroups-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, text) in files { try write(name, text) }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    var directory: ControlDirectory { ControlDirectory(path) }

    func write(_ name: String, _ text: String) throws {
        let file = path + "/" + name
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    }

    func text(_ name: String) -> String {
        (try? String(contentsOfFile: path + "/" + name, encoding: .utf8)) ?? "(missing)"
    }
}

/// Real cgroups of this host with a name that nobody else has, and processes in them.
final class LiveCgroup {
    let manager: CgroupManager
    private var processes: [Process] = []

    init(_ layout: CgroupLayout? = nil) throws {
        // The parent is this test's own as well: what it takes to make parents is tried each time.
        let name = "/berth-test-\(UUID().uuidString)/container"
        manager = try CgroupManager(path: name, containerID: "unused", layout: layout ?? CgroupLayout.discover())
        try manager.create()
    }

    deinit {
        try? manager.kill()
        for process in processes {
            process.terminate()
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        try? manager.remove()
        for path in manager.paths.values { rmdir((path as NSString).deletingLastPathComponent) }
    }

    /// A shell in the cgroups.
    func run(_ script: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // The script waits until it is in the cgroups.
        process.arguments = ["-c", "read line; " + script]
        let input = Pipe()
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        processes.append(process)
        try manager.add(process.processIdentifier)
        input.fileHandleForWriting.write(Data("\n".utf8))
        return process
    }

    func status(_ script: String) throws -> Int32 {
        let process = try run(script)
        process.waitUntilExit()
        return process.terminationStatus
    }

    func text(_ controller: String, _ file: String) throws -> String {
        let path = try #require(manager.paths[controller])
        return try String(contentsOfFile: path + "/" + file, encoding: .utf8)
    }
}

/// Polls until the condition holds; false if it does not within ten seconds.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Date(timeIntervalSinceNow: 10)
    while try !condition() {
        if Date() > deadline { return false }
        usleep(2000)
    }
    return true
}
