internal import Glibc
internal import Kernel
internal import TestKit
internal import Testing

/// A berthd with directories of its own and a canary beside them, and the client that images are given to.
final class AttackDaemon {
    let directory: String
    let canary: Canary
    let namespace = "attack-\(UInt32.random(in: 0 ... .max))"
    let process: Int32
    private let pidfd: FileDescriptor

    var root: String { directory + "/root" }
    var state: String { directory + "/state" }
    var address: String { directory + "/b.sock" }

    struct Failure: Error {
        let message: String
    }

    /// Gives `body` a daemon. Afterwards it is checked that the daemon is still the same process and the canary
    /// untouched; containers, daemon, mounts and cgroups are gone.
    static func with(_ body: (AttackDaemon) throws -> Void) throws {
        try withScratchDirectory("attack") { directory in
            let daemon = try AttackDaemon(directory)
            defer { daemon.end() }
            do {
                try body(daemon)
            } catch {
                Issue.record("berthd's log: \(daemon.log.suffix(4000))")
                throw error
            }
            #expect(try !hasEnded(daemon.pidfd.rawValue), "berthd has ended: \(daemon.log.suffix(4000))")
            daemon.canary.expectUntouched()
        }
    }

    private init(_ directory: String) throws {
        self.directory = directory
        canary = try Canary(at: directory + "/canary")
        let program = try BuiltProgram.path("berthd")
        let null = try FileDescriptor.open("/dev/null", .readWrite)
        let log = try FileDescriptor.open(directory + "/log", [.writeOnly, .create, .append])
        process = try HostProgram.spawn(
            program,
            arguments: [
                program, "--root", directory + "/root", "--state", directory + "/state", "--address",
                directory + "/b.sock", "--log-level", "debug",
            ], environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"],
            descriptors: [null.rawValue, log.rawValue, log.rawValue], session: true)
        pidfd = try openProcess(process)
        for _ in 0..<2000 where !self.log.contains("berthd serves") { usleep(10_000) }
        guard self.log.contains("berthd serves") else { throw Failure(message: self.log) }
    }

    private func end() {
        for line in (try? berthctl("ps", "-a").output.split(separator: "\n").dropFirst()) ?? [] {
            _ = try? berthctl("rm", "-f", String(line.prefix { $0 != " " }))
        }
        try? sendSignal(SignalNumber.terminate, to: pidfd.rawValue)
        if (try? waitUntilReadable(pidfd.rawValue, milliseconds: 20_000)) != true {
            try? sendSignal(SignalNumber.kill, to: pidfd.rawValue)
        }
        _ = try? ChildExit.wait(for: process)
        let hierarchies = (try? Directory.entries("/sys/fs/cgroup").map { "/sys/fs/cgroup/" + $0.name }) ?? []
        for hierarchy in hierarchies + ["/sys/fs/cgroup"] {
            for child in (try? Directory.entries("\(hierarchy)/\(namespace)")) ?? [] where child.isDirectory {
                rmdir("\(hierarchy)/\(namespace)/\(child.name)")
            }
            rmdir("\(hierarchy)/\(namespace)")
        }
        removeTree("/var/log/berth/" + namespace)
    }

    var log: String { (try? SmallFile.text(directory + "/log", limit: 64 << 20)) ?? "" }

    func berthctl(_ verb: String, _ arguments: String...) throws -> Outcome {
        try berthctl(verb, arguments)
    }

    func berthctl(_ verb: String, _ arguments: [String]) throws -> Outcome {
        try Outcome.of(
            [try BuiltProgram.path("berthctl"), verb, "--address", address, "--namespace", namespace] + arguments,
            in: directory)
    }

    func load(_ image: AttackImage) throws -> Outcome {
        try berthctl("import", "-q", try image.write(in: directory))
    }

    /// Imports an image that must be taken; answers its name.
    func loaded(_ image: AttackImage) throws -> String {
        let outcome = try load(image)
        guard outcome.code == 0 else { throw Failure(message: outcome.errors) }
        return image.name
    }

    /// The most memory that it ever had, in bytes. See proc_pid_status(5), `VmHWM`.
    func peakMemory() throws -> Int {
        let line = try SmallFile.text("/proc/\(process)/status").split(separator: "\n").first { $0.hasPrefix("VmHWM") }
        return (Int(line?.filter(\.isNumber) ?? "") ?? 0) << 10
    }
}
