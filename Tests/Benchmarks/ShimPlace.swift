internal import Client
internal import Model

/// Where containers run under one kind of shim.
struct ShimPlace: Sendable {
    let contender: Contender
    let namespace: String
    let image: ResolvedImage
    let runtime: String

    /// The last part of the runtime's name but for its version, for names of containers.
    var name: String { String(runtime.split(separator: ".")[2]) }

    func connected<Result: Sendable>(_ body: (ContainerLife) async throws -> Result) async throws -> Result {
        try await ContainerLife.connected(
            to: contender, namespace: namespace, image: image, runtime: runtime, body)
    }

    /// Calls `body` for each number over as many connections as are needed. Errors end it.
    func each(_ numbers: Range<Int>, _ body: (ContainerLife, Int) async throws -> Void) async throws {
        let step = ContainerLife.perConnection
        for first in stride(from: numbers.lowerBound, to: numbers.upperBound, by: step) {
            try await connected { life in
                for number in first..<min(first + step, numbers.upperBound) { try await body(life, number) }
            }
        }
    }

    /// Runs `body` while a container sleeps, with its name and its shim.
    func withSleeper(_ id: String, _ body: (Int32) async throws -> Void) async throws {
        let shim = try await connected { life in
            try ProcessMemory.parent(of: try await life.start(id, ["sleep", "3600"]).pid)
        }
        try await body(shim)
        try await connected { life in try await life.end(id) }
    }
}
