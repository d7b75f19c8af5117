internal import ArgumentParser
internal import Client
internal import Model

/// Two supervisors side by side.
struct SupervisorBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "supervisors", abstract: "Measure berthd beside stock containerd.")

    enum Part: String, CaseIterable, ExpressibleByArgument {
        case memory, calls, commands
    }

    @Option(help: "The stock system, as SOCKET,PID.")
    var stock: String
    @Option(help: "Berth, as SOCKET,PID.")
    var berth: String
    @Option(help: "The namespace to work in.")
    var namespace: String
    @Option(help: "The image, unpacked on both.")
    var image: String
    @Option(help: "Berth's own client.")
    var berthctl: String
    @Option(help: "How often the two take turns.")
    var rounds = 5
    @Option(help: "Containers for each in a turn, over one connection.")
    var containers = ContainerLife.perConnection
    @Option(help: "How many work at once.")
    var workers = 8
    @Option(help: "How often each command line runs.")
    var runs = 20
    @Option(help: "Containers that run at once while memory is measured.")
    var sleepers = 50
    @Argument(help: "What to measure.")
    var parts: [Part] = Part.allCases

    func validate() throws {
        let counts = [
            ("rounds", rounds), ("containers", containers), ("workers", workers), ("runs", runs),
            ("sleepers", sleepers),
        ]
        for (name, value) in counts where !(1...10_000).contains(value) {
            throw ValidationError("--\(name) \(value): expected a number from 1 to 10000")
        }
        guard containers <= ContainerLife.perConnection else {
            let most = ContainerLife.perConnection
            throw ValidationError("--containers \(containers): expected at most \(most), what one connection serves")
        }
    }

    func run() async throws {
        let stock = try Contender(stock, name: "stock")
        let berth = try Contender(berth, name: "berth")
        let image = try await Client.connected(to: berth.address, namespace: namespace) { client in
            try await client.resolve(try await client.image(self.image))
        }
        for part in parts {
            switch part {
            case .memory:
                try await MemoryPart(
                    stock: stock, berth: berth, namespace: namespace, image: image, containers: sleepers
                ).run()
            case .calls:
                try await CallsPart(
                    stock: stock, berth: berth, namespace: namespace, image: image, rounds: rounds,
                    containers: containers, workers: workers
                ).run()
            case .commands:
                try CommandsPart(
                    stock: stock, berth: berth, namespace: namespace, image: self.image, berthctl: berthctl, runs: runs
                ).run()
            }
        }
    }
}
