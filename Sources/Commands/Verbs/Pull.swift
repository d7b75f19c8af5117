internal import ArgumentParser
internal import Client
internal import ImageSpec
internal import Model

/// `berthctl pull`
struct Pull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Fetch an image from a registry and unpack it.",
        discussion: """
            Examples:
              berthctl pull localhost:5000/demo:latest
              berthctl pull --user me:secret --platform linux/arm64 registry.example/app:1.0
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var driver: SnapshotterOption
    @Flag(name: .customLong("plain-http"), help: "Speak HTTP without TLS.")
    var plainHTTP = false
    @Option(name: [.short, .long], help: "NAME:PASSWORD for the registry.")
    var user: String?
    @Option(parsing: .singleValue, help: "Such as linux/arm64; this machine's when left out.")
    var platform: [String] = []
    @Flag(name: [.short, .long], help: "Print no progress.")
    var quiet = false
    @Argument(help: "The image's reference.")
    var reference: String

    func run() async throws {
        let platforms = try platform.map(Self.platform)
        let credentials = user?.split(separator: ":", maxSplits: 1).map(String.init)
        let access = RegistryAccess(
            username: credentials?.first, secret: credentials.flatMap { $0.count == 2 ? $0[1] : "" },
            scheme: plainHTTP ? "http" : nil)
        let line = ProgressLine(quiet: quiet)
        defer { line.end() }
        try await global.connected { client in
            try await client.pull(
                reference, platforms: platforms, snapshotter: driver.snapshotter, access: access
            ) { line.report($0) }
        }
        line.end()
        StandardOutput.write("\(Reference(familiar: reference)?.description ?? reference)\n")
    }

    static func platform(_ text: String) throws(Failure) -> Platform {
        guard let platform = Platform(text) else {
            throw .invalid(
                "platform \"\(text)\": expected OS/ARCHITECTURE[/VARIANT], such as linux/arm64, or a known one of the two"
            )
        }
        return platform
    }
}
