internal import ArgumentParser
internal import Client
internal import Glibc
internal import ImageSpec
internal import Kernel
internal import Model

/// `berthctl import`
struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make images of an archive, a layout, or a plain root file system.",
        discussion: """
            PATH is an OCI layout (a directory or a tar of one), what `docker save` wrote, or a root file system (a
            directory or a tar of one), which needs a --name. Tars may be compressed.

            Examples:
              berthctl import image.tar
              berthctl import ./rootfs --name demo
              tar -C ./rootfs -c . | berthctl import - --rootfs --name demo
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var driver: SnapshotterOption
    @Option(help: "The image's name: needed for a root file system, the part before the tag for an archive.")
    var name: String?
    @Flag(help: "Take a tar for a root file system without looking.")
    var rootfs = false
    @Option(parsing: .singleValue, help: "Such as linux/arm64; this machine's when left out.")
    var platform: [String] = []
    @Flag(name: [.short, .long], help: "Print no progress.")
    var quiet = false
    @Argument(help: "A directory, a file, or - for standard input.")
    var path: String

    func run() async throws {
        let platforms = try platform.map(Pull.platform)
        let source = try ImportSource(path: path, isRootfs: rootfs)
        guard !source.isRootfs || name != nil else {
            throw Failure.invalid("import \"\(path)\": a plain root file system; name its image with --name")
        }
        let line = ProgressLine(quiet: quiet)
        defer { line.end() }
        try await named { () async throws in try await load(source, platforms, line) }
    }

    /// The supervisor sees a stream only: whose it is, is told here.
    private func named(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let failure as Failure where failure.message.hasPrefix("import: ") {
            throw Failure(failure.code, "import \"\(path)\": \(failure.message.dropFirst(8))", cause: failure.cause)
        }
    }

    private func load(_ source: ImportSource, _ platforms: [Platform], _ line: ProgressLine) async throws {
        try await global.connected { client in
            try await client.load(
                rootfs: source.isRootfs ? name : nil, baseName: source.isRootfs ? nil : name, platforms: platforms,
                snapshotter: driver.snapshotter
            ) { step in
                if step.event == "saved" {
                    line.end()
                    StandardOutput.write("\(step.name)\n")
                } else {
                    line.report(step)
                }
            } produce: { write in
                let stream = try source.stream()
                while let bytes = try stream.next() { try await write(bytes) }
            }
        }
    }
}
