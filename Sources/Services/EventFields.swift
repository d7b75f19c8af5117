/// The text fields of an event's message, by name, so that a filter finds one without decoding the rest.
///
/// The same fields that containerd's filters see: text, entries of label maps, and those of nested messages.
/// Numbers and times are not among them.
struct EventFields: Sendable {
    indirect enum Field: Sendable {
        case text(UInt64)
        case labels(UInt64)
        case message(UInt64, EventFields)
    }

    private let fields: [String: Field]

    private init(_ fields: [String: Field]) {
        self.fields = fields
    }

    /// - Parameter typeURL: a message's name, with or without a host before it.
    static func of(typeURL: String) -> EventFields? {
        let name = typeURL.lastIndex(of: "/").map { String(typeURL[typeURL.index(after: $0)...]) } ?? typeURL
        return messages[name]
    }

    /// The value at `path`, the last one when the message has several, as protobuf has it; nil when it is not there.
    func value(at path: ArraySlice<String>, in bytes: UnsafeRawBufferPointer) -> String? {
        guard let name = path.first, let field = fields[name] else { return nil }
        let rest = path.dropFirst()
        switch field {
        case .text(let number):
            return Self.last(number, in: bytes).map { String(decoding: $0, as: UTF8.self) }
        case .labels(let number):
            let key = rest.joined(separator: ".")
            var value: String?
            Self.each(in: bytes) { entry, content in
                guard entry == number, Self.text(1, in: content) == key else { return }
                value = Self.text(2, in: content)
            }
            return value
        case .message(let number, let inner):
            return Self.last(number, in: bytes).flatMap { inner.value(at: rest, in: $0) }
        }
    }

    private static func text(_ number: UInt64, in bytes: UnsafeRawBufferPointer) -> String {
        last(number, in: bytes).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static func last(_ number: UInt64, in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var found: UnsafeRawBufferPointer?
        each(in: bytes) { field, content in
            if field == number { found = content }
        }
        return found
    }

    /// Calls `body` with every length-delimited field, up to the end or to the first malformed one.
    private static func each(in bytes: UnsafeRawBufferPointer, _ body: (UInt64, UnsafeRawBufferPointer) -> Void) {
        var rest = bytes[...]
        while let tag = varint(&rest) {
            switch tag & 7 {
            case 0: guard varint(&rest) != nil else { return }
            case 1: rest = rest.dropFirst(8)
            case 5: rest = rest.dropFirst(4)
            case 2:
                guard let count = varint(&rest), count <= UInt64(rest.count) else { return }
                body(tag >> 3, UnsafeRawBufferPointer(rebasing: rest.prefix(Int(count))))
                rest = rest.dropFirst(Int(count))
            default: return
            }
        }
    }

    private static func varint(_ bytes: inout Slice<UnsafeRawBufferPointer>) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64, let byte = bytes.popFirst() {
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}

extension EventFields {
    private static let runtime = EventFields(["name": .text(1)])
    private static let taskIO = EventFields(["stdin": .text(1), "stdout": .text(2), "stderr": .text(3)])

    /// By the messages' full names.
    private static let messages: [String: EventFields] = [
        "containerd.events.ContainerCreate": EventFields([
            "id": .text(1), "image": .text(2), "runtime": .message(3, runtime),
        ]),
        "containerd.events.ContainerUpdate": EventFields([
            "id": .text(1), "image": .text(2), "labels": .labels(3), "snapshot_key": .text(4),
        ]),
        "containerd.events.ContainerDelete": EventFields(["id": .text(1)]),
        "containerd.events.ContentCreate": EventFields(["digest": .text(1), "mediaType": .text(3)]),
        "containerd.events.ContentDelete": EventFields(["digest": .text(1)]),
        "containerd.services.images.v1.ImageCreate": EventFields(["name": .text(1), "labels": .labels(2)]),
        "containerd.services.images.v1.ImageUpdate": EventFields(["name": .text(1), "labels": .labels(2)]),
        "containerd.services.images.v1.ImageDelete": EventFields(["name": .text(1)]),
        "containerd.events.NamespaceCreate": EventFields(["name": .text(1), "labels": .labels(2)]),
        "containerd.events.NamespaceUpdate": EventFields(["name": .text(1), "labels": .labels(2)]),
        "containerd.events.NamespaceDelete": EventFields(["name": .text(1)]),
        "containerd.events.SandboxCreate": EventFields(["sandbox_id": .text(1)]),
        "containerd.events.SandboxStart": EventFields(["sandbox_id": .text(1)]),
        "containerd.events.SandboxExit": EventFields(["sandbox_id": .text(1)]),
        "containerd.events.SnapshotPrepare": EventFields([
            "key": .text(1), "parent": .text(2), "snapshotter": .text(5),
        ]),
        "containerd.events.SnapshotCommit": EventFields([
            "key": .text(1), "name": .text(2), "snapshotter": .text(5),
        ]),
        "containerd.events.SnapshotRemove": EventFields(["key": .text(1), "snapshotter": .text(5)]),
        "containerd.events.TaskCreate": EventFields([
            "container_id": .text(1), "bundle": .text(2), "io": .message(4, taskIO), "checkpoint": .text(5),
        ]),
        "containerd.events.TaskStart": EventFields(["container_id": .text(1)]),
        "containerd.events.TaskDelete": EventFields(["container_id": .text(1), "id": .text(5)]),
        "containerd.events.TaskExit": EventFields(["container_id": .text(1), "id": .text(2)]),
        "containerd.events.TaskOOM": EventFields(["container_id": .text(1)]),
        "containerd.events.TaskExecAdded": EventFields(["container_id": .text(1), "exec_id": .text(2)]),
        "containerd.events.TaskExecStarted": EventFields(["container_id": .text(1), "exec_id": .text(2)]),
        "containerd.events.TaskPaused": EventFields(["container_id": .text(1)]),
        "containerd.events.TaskResumed": EventFields(["container_id": .text(1)]),
        "containerd.events.TaskCheckpointed": EventFields(["container_id": .text(1), "checkpoint": .text(2)]),
    ]
}
