import Glibc
import ImageSpec
import Metadata
import Model
import TestKit
import Testing

/// A scratch directory with a database in it, gone with the value.
final class Scratch: Sendable {
    let directory: String

    init() throws {
        var template = Array("/tmp/berth-metadata-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(.internal, "mkdtemp: \(errno)") }
        directory = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit {
        removeTree(directory)
    }

    var database: String { directory + "/metadata.db" }

    func open(events: any EventSink = EventRecorder()) throws -> MetadataStore {
        try MetadataStore(path: database, events: events)
    }
}

func digest(_ seed: UInt8) -> Digest { Digest(.sha256, bytes: Array(repeating: seed, count: 32)) }

func image(_ name: String, _ seed: UInt8 = 1, labels: [String: String] = [:]) -> ImageRecord {
    ImageRecord(
        name: name, labels: labels,
        target: Descriptor(
            mediaType: "application/vnd.oci.image.index.v1+json", digest: digest(seed), size: 10,
            annotations: ["a": "b"]))
}

func container(_ id: String, labels: [String: String] = [:]) -> ContainerRecord {
    ContainerRecord(
        id: id, labels: labels, image: "img",
        runtime: ContainerRecord.Runtime(
            name: "io.containerd.berth.v1", options: TypedPayload(typeURL: "o", value: [1, 2])),
        spec: TypedPayload(typeURL: "spec", value: [0, 255, 7]), snapshotter: "overlayfs", snapshotKey: id,
        extensions: ["x": TypedPayload(typeURL: "t", value: [9]), "y": TypedPayload(typeURL: "", value: [])],
        sandbox: "pod")
}

func content(_ seed: UInt8, labels: [String: String] = [:]) -> ContentInfo {
    let now = Timestamp.now()
    return ContentInfo(digest: digest(seed), size: 5, createdAt: now, updatedAt: now, labels: labels)
}

func expect(_ code: Failure.Code, _ text: String = "", _ body: () async throws -> Void) async {
    let failure = await #expect(throws: Failure.self) { try await body() }
    #expect(failure?.code == code, "\(failure?.message ?? "no failure")")
    #expect(failure?.message.contains(text) ?? false || text.isEmpty, "\(failure?.message ?? "no failure")")
}
