import Foundation
import Testing

/// What a berthd holds in one namespace, each thing by kind and name: a picture taken before something goes wrong, to
/// compare with afterwards.
///
/// Blobs, snapshots' directories and bundles are looked for on the disk as well as among the records: a thing without
/// a record is left behind just as one with a record is.
struct Leftovers {
    private let tenant: Tenant
    private let before: Set<String>

    init(of tenant: Tenant) async throws {
        self.tenant = tenant
        before = try await Self.held(by: tenant)
    }

    /// Expects everything that has come to be since the picture to be gone, and nothing else. What is collected or
    /// removed in the background may take its time.
    /// - Parameters:
    ///   - allowed: what may be left, by the words that the picture uses.
    ///   - kinds: of which anything may be left.
    func expectNone(
        but allowed: Set<String> = [], kinds: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        var left: Set<String> = []
        var lost: Set<String> = []
        let isAsBefore = try await eventually {
            let now = try await Self.held(by: tenant)
            left = now.subtracting(before).subtracting(allowed).filter { name in
                !kinds.contains { name.hasPrefix($0 + " ") }
            }
            lost = before.subtracting(now)
            return left.isEmpty && lost.isEmpty
        }
        #expect(
            isAsBefore, "left behind: \(left.sorted()); gone though it was there before: \(lost.sorted())",
            sourceLocation: sourceLocation)
    }

    /// What has come to be since the picture.
    func arrivals() async throws -> Set<String> {
        try await Self.held(by: tenant).subtracting(before)
    }

    private static func held(by tenant: Tenant) async throws -> Set<String> {
        let berthd = tenant.berthd
        var held = Set(mounts(below: berthd.directory).map { "mount \($0)" })
        held.formUnion(processes(naming: berthd.directory, except: berthd.pid))
        held.formUnion(cgroups(of: tenant.namespace).map { "cgroup \($0)" })
        held.formUnion(files(of: berthd, namespace: tenant.namespace))
        held.formUnion(try await records(of: tenant))
        return held
    }

    // MARK: The kernel's

    /// See proc_pid_mountinfo(5): the fifth field is where it is mounted.
    private static func mounts(below directory: String) -> [String] {
        let table = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
        return table.split(separator: "\n").map { $0.split(separator: " ") }.filter { $0.count > 4 }
            .map { String($0[4]) }.filter { $0.hasPrefix(directory + "/") }
    }

    /// Shims have their directories among their arguments; so have clients, none of which should be left either.
    /// One that only waits for its parent has no arguments any more.
    private static func processes(naming directory: String, except pid: Int32) -> [String] {
        names(in: "/proc").compactMap(Int32.init).compactMap { process in
            guard process != pid, let arguments = FileManager.default.contents(atPath: "/proc/\(process)/cmdline")
            else {
                return nil
            }
            let words = String(decoding: arguments, as: UTF8.self).split(separator: "\0")
            return words.contains { $0.hasPrefix(directory + "/") } ? "process \(process) \(words[0])" : nil
        }
    }

    /// Whatever the layout: the unified tree has the namespace's directory at its root, the others in each hierarchy.
    static func directories(of namespace: String) -> [String] {
        let root = "/sys/fs/cgroup"
        return ([root] + names(in: root).map { "\(root)/\($0)" }).map { "\($0)/\(namespace)" }.filter(isDirectory)
    }

    /// What stands at the root of each hierarchy.
    static var topCgroups: Set<String> {
        let root = "/sys/fs/cgroup"
        let hierarchies = [root] + names(in: root).map { "\(root)/\($0)" }
        return Set(hierarchies.flatMap { parent in names(in: parent).map { "\(parent)/\($0)" } }.filter(isDirectory))
    }

    static func cgroups(of namespace: String) -> [String] {
        directories(of: namespace).flatMap { parent in names(in: parent).map { "\(parent)/\($0)" } }.filter(isDirectory)
    }

    // MARK: On the disk

    private static func files(of berthd: Berthd, namespace: String) -> [String] {
        let places = [
            ("blob file", "\(berthd.root)/content/blobs/sha256"), ("ingest directory", "\(berthd.root)/content/ingest"),
            ("snapshot directory", "\(berthd.root)/snapshots/overlayfs"),
            ("snapshot directory", "\(berthd.root)/snapshots/native"),
            ("bundle", "\(berthd.state)/io.containerd.runtime.v2.task/\(namespace)"),
            ("shim socket", "\(berthd.state)/s"), ("fifo directory", Tenant.fifos(in: berthd.directory)),
        ]
        return places.flatMap { kind, directory in names(in: directory).map { "\(kind) \($0)" } }
    }

    // MARK: Among the records

    private static func records(of tenant: Tenant) async throws -> [String] {
        var found: [String] = []
        for (kind, arguments) in [
            ("image", ["images", "ls", "-q"]), ("blob", ["content", "ls", "-q"]), ("lease", ["leases", "ls", "-q"]),
            ("container", ["c", "ls", "-q"]), ("task", ["t", "ls", "-q"]),
        ] {
            found += try await tenant.ctr(arguments).lines.map { "\(kind) \($0)" }
        }
        for (kind, arguments) in [
            ("ingest", ["content", "active"]), ("snapshot", ["snapshots", "ls"]),
            ("snapshot", ["snapshots", "--snapshotter", "native", "ls"]),
        ] {
            found += try await tenant.ctr(arguments).rows.dropFirst().map { "\(kind) \($0[0])" }
        }
        return found
    }

    private static func names(in directory: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    }

    private static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }
}
