internal import ImageSpec

// The fields of each kind of object under the names that containerd gives them.

extension Filterable {
    /// A label or annotation: what follows in the path is its key, of which unquoted dots are part.
    fileprivate func entry(_ path: ArraySlice<String>, in entries: [String: String]) -> String? {
        entries.isEmpty ? nil : entries[path.count == 1 ? path[path.startIndex] : path.joined(separator: ".")]
    }
}

extension String {
    /// containerd counts an empty field of these as absent.
    fileprivate var presence: String? { isEmpty ? nil : self }
}

extension ImageRecord: Filterable {
    package func field(_ path: [String]) -> String? {
        switch path.first {
        case "name": name.presence
        case "target":
            switch path.dropFirst().first {
            case "digest": target.digest.description
            case "mediatype": target.mediaType.presence
            default: nil
            }
        case "labels": entry(path.dropFirst(), in: labels)
        case "annotations": entry(path.dropFirst(), in: target.annotations ?? [:])
        default: nil
        }
    }
}

extension ContainerRecord: Filterable {
    package func field(_ path: [String]) -> String? {
        switch path.first {
        case "id": id.presence
        case "runtime": path.dropFirst().first == "name" ? runtime.name.presence : nil
        case "image": image.presence
        case "labels": entry(path.dropFirst(), in: labels)
        default: nil
        }
    }
}

extension ContentInfo: Filterable {
    /// `size` is this supervisor's addition.
    package func field(_ path: [String]) -> String? {
        switch path.first {
        case "digest": digest.description
        case "size": String(size)
        case "labels": entry(path.dropFirst(), in: labels)
        default: nil
        }
    }
}

extension IngestStatus: Filterable {
    package func field(_ path: [String]) -> String? {
        path.first == "ref" ? reference : nil
    }
}

extension SnapshotInfo: Filterable {
    package func field(_ path: [String]) -> String? {
        switch path.first {
        case "kind":
            switch kind {
            case .view: "view"
            case .active: "active"
            case .committed: "committed"
            }
        case "name": name
        case "parent": parent
        case "labels": entry(path.dropFirst(), in: labels)
        default: nil
        }
    }
}

extension Lease: Filterable {
    package func field(_ path: [String]) -> String? {
        switch path.first {
        case "id": id.presence
        case "labels": entry(path.dropFirst(), in: labels)
        default: nil
        }
    }
}

extension SandboxRecord: Filterable {
    package func field(_ path: [String]) -> String? {
        switch path.first {
        case "id": id.presence
        case "runtime": path.dropFirst().first == "name" ? runtime.name.presence : nil
        case "sandboxer": sandboxer.presence
        case "labels": entry(path.dropFirst(), in: labels)
        default: nil
        }
    }
}

/// An envelope whose event can be looked into.
package struct FilterableEvent: Filterable {
    package let envelope: EventEnvelope
    package let coding: any EventCoding

    package init(_ envelope: EventEnvelope, coding: any EventCoding) {
        self.envelope = envelope
        self.coding = coding
    }

    package func field(_ path: [String]) -> String? {
        switch path.first {
        case "namespace": envelope.namespace.presence
        case "topic": envelope.topic.presence
        case "event": coding.field(Array(path.dropFirst()), of: envelope.event)
        default: nil
        }
    }
}
