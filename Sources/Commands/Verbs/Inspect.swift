internal import ArgumentParser
internal import Client
internal import FoundationEssentials
internal import ImageSpec
internal import Model

/// `berthctl inspect`
struct Inspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show all that is known of a container, or of an image, as JSON.",
        discussion: """
            Examples:
              berthctl inspect web | jq .spec.process.args
              berthctl inspect demo
            """)

    @OptionGroup var global: GlobalOptions
    @Argument(help: "A container's or an image's name.")
    var name: String

    func run() async throws {
        try await global.connected { client in
            if let container = try await Self.found({ try await client.container(name) }) {
                return try JSONOutput.print(ContainerView(container, try? await client.task(name)))
            }
            guard let record = try await Self.found({ try await client.image(name) }) else {
                throw Failure(.notFound, "\"\(name)\": neither a container nor an image of that name")
            }
            try JSONOutput.print(ImageView(try await client.resolve(record)))
        }
    }

    private static func found<Value: Sendable>(_ look: () async throws -> Value) async throws -> Value? {
        do {
            return try await look()
        } catch let failure as Failure where failure.code == .notFound {
            return nil
        }
    }
}

private struct ContainerView: Encodable {
    struct Task: Encodable {
        let status: String
        let pid, exitStatus: UInt32
        let exitedAt: String?
    }

    let id, image, runtime, snapshotter, snapshotKey, createdAt, updatedAt: String
    let labels: [String: String]
    let task: Task?
    let spec: JSONTree?

    init(_ record: ContainerRecord, _ process: TaskProcess?) {
        id = record.id
        image = record.image
        runtime = record.runtime.name
        snapshotter = record.snapshotter
        snapshotKey = record.snapshotKey
        createdAt = record.createdAt.rfc3339
        updatedAt = record.updatedAt.rfc3339
        labels = record.labels
        task = process.map {
            Task(
                status: "\($0.status)", pid: $0.pid, exitStatus: $0.exitStatus,
                exitedAt: $0.status == .stopped ? $0.exitedAt?.rfc3339 : nil)
        }
        spec = record.spec.flatMap { try? JSONDecoder().decode(JSONTree.self, from: Data($0.value)) }
    }
}

private struct ImageView: Encodable {
    let name, digest, mediaType, chainID, platform, createdAt: String
    let labels: [String: String]
    let layers: [String]
    let size: Int64
    let environment, entrypoint, command: [String]

    init(_ image: ResolvedImage) {
        name = image.record.name
        digest = image.record.target.digest.description
        mediaType = image.record.target.mediaType
        chainID = image.chainID.description
        platform = image.configuration.platform.description
        createdAt = image.record.createdAt.rfc3339
        labels = image.record.labels
        layers = image.manifest.layers.map(\.digest.description)
        size = Readable.sum(image.manifest.layers.map(\.size))
        environment = image.configuration.config?.environment ?? []
        entrypoint = image.configuration.config?.entrypoint ?? []
        command = image.configuration.config?.command ?? []
    }
}

/// Any JSON, kept as it is.
private indirect enum JSONTree: Codable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONTree])
    case object([String: JSONTree])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let array = try? value.decode([JSONTree].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: JSONTree].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .bool(let bool): try value.encode(bool)
        case .integer(let integer): try value.encode(integer)
        case .number(let number): try value.encode(number)
        case .string(let string): try value.encode(string)
        case .array(let array): try value.encode(array)
        case .object(let object): try value.encode(object)
        }
    }
}
