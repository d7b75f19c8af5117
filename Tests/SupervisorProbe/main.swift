// A supervisor that does one thing and ends, for tests that kill it on the way.
import Glibc
import Logging
import Model
import NIOPosix
import Tasks

/// Events go nowhere: nobody is subscribed to a process that dies.
struct SilentSink: EventSink {
    func publish(_ event: DomainEvent, namespace: String) {}
    func forward(_ envelope: EventEnvelope) {}
}

let arguments = CommandLine.arguments
guard arguments.count == 7 else {
    print("usage: supervisor-probe create|run|churn DIRECTORY SHIM RUNTIME ID SPEC-FILE")
    exit(2)
}
let (verb, directory, shim, name, id) = (arguments[1], arguments[2], arguments[3], arguments[4], arguments[5])
let namespace = "test-" + (directory.split(separator: "/").last ?? "")

func contents(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes[..<count])
}

// Held until the end of the last process that this one has forked and that has not executed yet.
guard flock(open(directory + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600), LOCK_EX) == 0 else { exit(3) }
var configuration = TaskRuntimeConfiguration(
    stateDirectory: directory + "/state", address: directory + "/b.sock", shimProgram: shim,
    publishProgram: "/bin/true")
configuration.replacedRuntimes = []
let group = MultiThreadedEventLoopGroup.singleton
var logger = Logger(label: "supervisor-probe")
logger.logLevel = .error
let runtime = try ShimTaskRuntime(configuration: configuration, events: SilentSink(), group: group, logger: logger)
await runtime.recover()
let server = try await ShimEventServer.start(path: configuration.eventAddress, group: group, logger: logger) {
    await runtime.accept($0)
}
let spec = contents(arguments[6])
let process = TypedPayload(
    typeURL: "types.containerd.io/opencontainers/runtime-spec/1/Process",
    value: Array(#"{"args":["/bin/true"],"cwd":"/","env":["PATH=/bin"],"user":{"uid":0,"gid":0}}"#.utf8))

@Sendable func start(_ id: String) async throws {
    // Every container of a churn has a cgroup of its own.
    let text = String(decoding: spec, as: UTF8.self).split(separator: "CONTAINER-ID", omittingEmptySubsequences: false)
    let spec = TypedPayload(
        typeURL: "types.containerd.io/opencontainers/runtime-spec/1/Spec", value: Array(text.joined(separator: id).utf8)
    )
    let creation = TaskCreation(
        container: ContainerRecord(id: id, runtime: .init(name: name), spec: spec),
        rootfs: [Mount(type: "bind", source: directory + "/rootfs", options: ["rbind", "rw"])], io: TaskIO())
    _ = try await runtime.create(creation, namespace: namespace)
    _ = try await runtime.start(id, exec: "", namespace: namespace)
}

@Sendable func exec(_ id: String) async throws {
    try await runtime.exec(
        ExecCreation(id: id, exec: "probe", io: TaskIO(), spec: process), namespace: namespace)
    _ = try await runtime.start(id, exec: "probe", namespace: namespace)
    _ = try await runtime.wait(id, exec: "probe", namespace: namespace)
    _ = try await runtime.deleteProcess(id, exec: "probe", namespace: namespace)
}

@Sendable func end(_ id: String) async throws {
    _ = try await runtime.wait(id, exec: "", namespace: namespace)
    _ = try await runtime.delete(id, namespace: namespace)
}

switch verb {
case "create":
    try await start(id)
case "run":
    try await start(id)
    try await end(id)
case "churn":
    // Until somebody kills it: tasks in all states at once.
    await withTaskGroup(of: Void.self) { group in
        for worker in 0..<4 {
            group.addTask {
                for number in 0... {
                    let id = "\(id)-\(worker)-\(number)"
                    do {
                        try await start(id)
                        if number % 2 == 0 { try await exec(id) }
                        try await runtime.kill(id, exec: "", signal: 9, all: false, namespace: namespace)
                        try await end(id)
                    } catch {
                        print("\(id): \(error)")
                        exit(1)
                    }
                }
            }
        }
    }
default:
    exit(2)
}
await server.close()
