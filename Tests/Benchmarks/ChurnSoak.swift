internal import ArgumentParser
internal import Client
internal import Model

/// Containers that are made, entered, killed and removed, over and over. `contrib/soak/churn` looks for what is left.
struct ChurnSoak: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "churn", abstract: "Make, start, enter, kill and remove many containers.")

    @Option(help: "Berth, as SOCKET,PID.")
    var berth: String
    @Option(help: "The namespace to work in.")
    var namespace: String
    @Option(help: "The image, unpacked.")
    var image: String
    @Option(help: "How many containers in all.")
    var count: Int
    @Option(help: "How many at once.")
    var workers = 8
    @Option(help: "What their names begin with.")
    var name = "churn"

    func validate() throws {
        for (name, value) in [("count", count), ("workers", workers)] where !(1...9_999_999).contains(value) {
            throw ValidationError("--\(name) \(value): expected a number from 1 to 9999999")
        }
    }

    func run() async throws {
        let contender = try Contender(berth, name: "berth")
        let image = try await Client.connected(to: contender.address, namespace: namespace) { client in
            try await client.resolve(try await client.image(self.image))
        }
        let place = ShimPlace(
            contender: contender, namespace: namespace, image: image, runtime: "io.containerd.berth.v1")
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<min(workers, count) {
                let share = (count + workers - 1 - worker) / workers
                group.addTask { try await live(share, at: place, "\(name)-\(worker)") }
            }
            try await group.waitForAll()
        }
        let time = ContinuousClock.now - start
        print(
            "\(count) containers by \(workers) at once in \(Report.decimal(time / .seconds(1))) s,"
                + " \(Report.decimal(Double(count) / (time / .seconds(1)))) a second")
    }

    /// A container is more calls here than a life is.
    private func live(_ share: Int, at place: ShimPlace, _ name: String) async throws {
        let step = ContainerLife.perConnection / 2
        for first in stride(from: 0, to: share, by: step) {
            try await place.connected { life in
                for number in first..<min(first + step, share) {
                    let id = "\(name)-\(number)"
                    try await life.start(id, ["sleep", "3600"])
                    _ = try await life.exec(id, "exec", ["true"])
                    try await life.end(id)
                }
            }
        }
    }
}
