import Client
import Foundation
import Model
import TestKit
import Testing

/// Containers whose config.json cannot be run: the field is named when the task is created, with containerd's code for
/// an argument that is wrong, and nothing is left of the attempt.
@Suite(.needsRoot, .serialized) struct BadSpecTests {
    /// A change to a configuration that runs, and the field that is to be complained of.
    struct Change: Sendable, CustomTestStringConvertible {
        let field: String
        let path: [String]
        /// JSON to stand there; nil for nothing.
        let value: String?

        init(_ field: String, _ path: String, _ value: String?) {
            self.field = field
            self.path = path.split(separator: ".").map(String.init)
            self.value = value
        }

        var testDescription: String { field }

        func applied(to document: [String: Any]) throws -> [String: Any] {
            let value = try value.map {
                try JSONSerialization.jsonObject(with: Data($0.utf8), options: .fragmentsAllowed)
            }
            return Self.set(value, at: path[...], in: document)
        }

        private static func set(_ value: Any?, at path: ArraySlice<String>, in object: [String: Any]) -> [String: Any] {
            guard let key = path.first else { return object }
            var changed = object
            changed[key] =
                path.count == 1 ? value : set(value, at: path.dropFirst(), in: object[key] as? [String: Any] ?? [:])
            return changed
        }
    }

    static let changes = [
        Change("process: missing", "process", nil),
        Change("root: missing", "root", nil),
        Change("ociVersion: ", "ociVersion", #""yesterday""#),
        Change("process.args: ", "process.args", "[]"),
        Change("process.cwd: ", "process.cwd", #""tmp""#),
        Change("process.user.uid: ", "process.user.uid", "-1"),
        Change("process.rlimits[0].hard: ", "process.rlimits", #"[{"type": "RLIMIT_CPU", "hard": -1, "soft": 1}]"#),
        Change("process.rlimits[0].type: ", "process.rlimits", #"[{"type": "RLIMIT_X", "hard": 1, "soft": 1}]"#),
        Change("process.capabilities.bounding: ", "process.capabilities", #"{"bounding": ["CAP_WARP"]}"#),
        Change("mounts[0].destination: ", "mounts", #"[{"destination": "", "type": "proc", "source": "proc"}]"#),
        Change("mounts[0].destination: ", "mounts", #"[{"destination": 7, "type": "proc", "source": "proc"}]"#),
        Change("linux.namespaces[1].type: ", "linux.namespaces", #"[{"type": "mount"}, {"type": "warp"}]"#),
        Change("linux.seccomp.defaultAction: ", "linux.seccomp", #"{"defaultAction": "SCMP_ACT_WARP"}"#),
        Change("hooks.prestart[0].path: ", "hooks", #"{"prestart": [{"path": "bin/true"}]}"#),
    ]

    private static func document(_ tenant: Tenant) -> [String: Any] {
        [
            "ociVersion": "1.0.2", "root": ["path": "rootfs"],
            "process": [
                "args": ["/bin/true"], "cwd": "/", "user": ["uid": 0, "gid": 0], "env": ["PATH=/bin"],
                "noNewPrivileges": true,
            ],
            "mounts": [["destination": "/proc", "type": "proc", "source": "proc"]],
            "linux": [
                "cgroupsPath": "/\(tenant.namespace)/c1",
                "namespaces": ["pid", "mount", "ipc", "uts"].map { ["type": $0] },
            ],
        ]
    }

    private static func bytes(_ document: [String: Any]) throws -> [UInt8] {
        Array(try JSONSerialization.data(withJSONObject: document))
    }

    /// Makes the container with its snapshot, and gives `body` what creates its task.
    private func withContainer(
        _ specification: [UInt8], in tenant: Tenant,
        _ body: @Sendable @escaping (@Sendable () async throws(Failure) -> Void) async throws -> Void
    ) async throws {
        let parent = try #require(try await tenant.ctr("snapshots", "ls").rows.dropFirst().first?.first)
        try await Client.connected(to: tenant.berthd.address, namespace: tenant.namespace) { client in
            _ = try await client.createContainer(
                ContainerRecord(
                    id: "c1", runtime: .init(name: "io.containerd.berth.v1"),
                    spec: TypedPayload(typeURL: Client.specType, value: specification), snapshotter: "overlayfs",
                    snapshotKey: "c1"))
            let mounts = try await client.prepareSnapshot("c1", parent: parent, snapshotter: "overlayfs")
            try await body { () async throws(Failure) in
                _ = try await client.createTask("c1", rootfs: mounts, io: TaskIO())
            }
        }
    }

    private func expectRefusal(
        of specification: [UInt8], naming field: String, in tenant: Tenant,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await Leftovers(of: tenant)
        let refusal = Refusal()
        try await withContainer(specification, in: tenant) { create in
            do throws(Failure) {
                try await create()
            } catch {
                await refusal.set(error)
            }
        }
        let failure = try #require(await refusal.failure, sourceLocation: sourceLocation)
        #expect(failure.code == .invalidArgument, sourceLocation: sourceLocation)
        #expect(failure.message.hasPrefix("container \"c1\": "), "\(failure)", sourceLocation: sourceLocation)
        #expect(failure.message.contains(field), "\(failure)", sourceLocation: sourceLocation)
        #expect(try await tenant.ctr("c", "rm", "c1").status == 0, sourceLocation: sourceLocation)
        try await before.expectNone(sourceLocation: sourceLocation)
    }

    private actor Refusal {
        private(set) var failure: Failure?
        func set(_ failure: Failure) { self.failure = failure }
    }

    @Test func `the configuration that the others are made from is accepted`() async throws {
        try await withTenant { tenant async throws in
            _ = try await tenant.image()
            try await withContainer(try Self.bytes(Self.document(tenant)), in: tenant) { create in try await create() }
            #expect(try await tenant.ctr("t", "ls").rows.last?.last == "CREATED")
        }
    }

    @Test func `a wrong field is named, and nothing is left`() async throws {
        try await withTenant { tenant async throws in
            _ = try await tenant.image()
            for change in Self.changes {
                let document = try change.applied(to: Self.document(tenant))
                try await expectRefusal(of: try Self.bytes(document), naming: change.field, in: tenant)
            }
        }
    }

    @Test func `what is no JSON is refused, and nothing is left`() async throws {
        try await withTenant { tenant async throws in
            _ = try await tenant.image()
            for text in ["no JSON", "{\"process\": ", "[]", "{}"] {
                try await expectRefusal(of: Array(text.utf8), naming: "config.json: ", in: tenant)
            }
        }
    }

    @Test func `a file that stock ctr is given as configuration is refused with the field`() async throws {
        try await withTenant { tenant async throws in
            let before = try await Leftovers(of: tenant)
            var document = Self.document(tenant)
            document["process"] = nil
            document["root"] = ["path": tenant.directory]
            let file = tenant.directory + "/config.json"
            try JSONSerialization.data(withJSONObject: document).write(to: URL(fileURLWithPath: file))
            let run = try await tenant.ctr("run", "--rm", "--config", file, "c1")
            #expect(run.status == 1)
            #expect(run.errors == "ctr: container \"c1\": config.json: process: missing: invalid argument\n")
            try await before.expectNone()
        }
    }

    @Test(arguments: Tenant.Tool.allCases) func `a program that is not there is named, and nothing is left`(
        tool: Tenant.Tool
    ) async throws {
        try await withTenant { tenant async throws in
            let image = try await tenant.image()
            let before = try await Leftovers(of: tenant)
            let run = try await tenant.running(tool, "c1", image, "/bin/nothing").ended()
            #expect(run.status != 0)
            #expect(run.errors.contains("\"/bin/nothing\": no such file or directory"), "\(run.errors)")
            if tool == .ctr { try await tenant.remove(.ctr, "c1") }
            try await before.expectNone()
        }
    }
}
