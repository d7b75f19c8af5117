internal import ArgumentParser
internal import Client
internal import Model

/// Berth's shim beside the stock one, both under the same stock containerd.
struct ShimBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shim", abstract: "Measure Berth's shim beside the stock one, under stock containerd.")

    @Option(help: "The stock system, as SOCKET,PID.")
    var stock: String
    @Option(help: "The namespace to work in.")
    var namespace: String
    @Option(help: "The image, unpacked.")
    var image: String
    @Option(help: "A directory for FIFOs.")
    var scratch: String
    @Option(help: "Containers that run at once.")
    var containers = 100
    @Option(help: "How often a process is put into a container, one after the other.")
    var runs = 40
    @Option(help: "How long ten processes a second are put into a container, in seconds.")
    var seconds = 60
    @Option(help: "How long nothing is done, in seconds.")
    var idle = 60
    @Option(help: "What a container writes, in MiB.")
    var output = 2048

    func validate() throws {
        let counts = [
            ("containers", containers, 2), ("runs", runs, 1), ("seconds", seconds, 1), ("idle", idle, 1),
            ("output", output, 1),
        ]
        for (name, value, least) in counts where !(least...10_000).contains(value) {
            throw ValidationError("--\(name) \(value): expected a number from \(least) to 10000")
        }
    }

    func run() async throws {
        let contender = try Contender(stock, name: "stock")
        let image = try await Client.connected(to: contender.address, namespace: namespace) { client in
            try await client.resolve(try await client.image(self.image))
        }
        let places = ["io.containerd.runc.v2", "io.containerd.berth.v1"].map { runtime in
            ShimPlace(contender: contender, namespace: namespace, image: image, runtime: runtime)
        }
        try await ShimResidence(stock: places[0], berth: places[1], containers: containers, idle: idle).run()
        try await ShimExecs(stock: places[0], berth: places[1], runs: runs, seconds: seconds).run()
        try await ShimOutput(stock: places[0], berth: places[1], directory: scratch, mebibytes: output).run()
    }
}
