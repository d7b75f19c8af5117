internal import ArgumentParser
internal import Client
internal import ImageSpec
internal import Model

/// `berthctl images`
struct ListImages: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images",
        abstract: "List images.",
        discussion: """
            Examples:
              berthctl images
              berthctl images --json | jq -r '.[].name'
            """)

    @OptionGroup var global: GlobalOptions
    @OptionGroup var output: OutputOptions

    private struct Row: Encodable {
        let name, digest, mediaType, created: String
        let labels: [String: String]
    }

    func run() async throws {
        let images = try await global.connected { client in try await client.listImages() }
        if output.json {
            return try JSONOutput.print(
                images.map {
                    Row(
                        name: $0.name, digest: $0.target.digest.description, mediaType: $0.target.mediaType,
                        created: $0.createdAt.rfc3339, labels: $0.labels)
                })
        }
        var table = Table("NAME", "DIGEST", "CREATED")
        for image in images.sorted(by: { $0.name < $1.name }) {
            table.add(image.name, "\(image.target.digest.encoded.prefix(12))", Readable.age(image.createdAt))
        }
        StandardOutput.write(table.text)
    }
}

/// `berthctl rmi`
struct RemoveImage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rmi",
        abstract: "Remove images.",
        discussion: """
            Examples:
              berthctl rmi demo
            """)

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The images' names.")
    var images: [String]

    func run() async throws {
        try await global.connected { client in
            for name in images {
                let record = try await client.image(name)
                try await client.deleteImage(record.name)
                StandardOutput.write("\(record.name)\n")
            }
        }
    }
}
