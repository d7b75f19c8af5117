package import ImageSpec
package import Model

/// Content records that live as long as the test. `failNextAdd` stands for a crash between a blob and its record.
package actor MemoryContentRecords: ContentRecords {
    private var infos: [String: [Digest: ContentInfo]] = [:]
    private var ingestNames: [String: [String: String]] = [:]
    private var lastIngest = 0
    private var addFailure: Failure?

    package init() {}

    package func failNextAdd(_ failure: Failure) {
        addFailure = failure
    }

    package func find(_ digest: Digest, namespace: String) throws(Failure) -> ContentInfo {
        guard let info = infos[namespace]?[digest] else { throw .notFound("content", digest.description) }
        return info
    }

    package func list(namespace: String) -> [ContentInfo] {
        (infos[namespace] ?? [:]).values.sorted { $0.digest.description < $1.digest.description }
    }

    package func isKnown(_ digest: Digest) -> Bool {
        infos.values.contains { $0[digest] != nil }
    }

    package func add(_ info: ContentInfo, scope: Scope) throws(Failure) {
        if let failure = addFailure {
            addFailure = nil
            throw failure
        }
        guard infos[scope.namespace]?[info.digest] == nil else {
            throw .alreadyExists("content", info.digest.description)
        }
        infos[scope.namespace, default: [:]][info.digest] = info
    }

    package func update(
        _ info: ContentInfo, _ update: FieldUpdate, namespace: String
    ) throws(Failure) -> ContentInfo {
        var found = try find(info.digest, namespace: namespace)
        found.labels = applied(update, info.labels, to: found.labels)
        infos[namespace]?[info.digest] = found
        return found
    }

    package func remove(_ digest: Digest, namespace: String) throws(Failure) -> Bool {
        guard infos[namespace]?.removeValue(forKey: digest) != nil else {
            throw .notFound("content", digest.description)
        }
        return !isKnown(digest)
    }

    package func digests() -> Set<Digest> {
        infos.values.reduce(into: []) { $0.formUnion($1.keys) }
    }

    package func openIngest(_ reference: String, scope: Scope) -> String {
        if let name = ingestNames[scope.namespace]?[reference] { return name }
        lastIngest += 1
        let name = String(lastIngest)
        ingestNames[scope.namespace, default: [:]][reference] = name
        return name
    }

    package func findIngest(_ reference: String, namespace: String) throws(Failure) -> String {
        guard let name = ingestNames[namespace]?[reference] else { throw .notFound("ingest", reference) }
        return name
    }

    package func ingests(namespace: String) -> [String: String] {
        ingestNames[namespace] ?? [:]
    }

    package func removeIngest(_ reference: String, namespace: String) throws(Failure) {
        guard ingestNames[namespace]?.removeValue(forKey: reference) != nil else {
            throw .notFound("ingest", reference)
        }
    }

    package func ingestDirectories() -> Set<String> {
        ingestNames.values.reduce(into: []) { $0.formUnion($1.values) }
    }
}

/// Labels after an update of all or of single ones.
func applied(_ update: FieldUpdate, _ new: [String: String], to old: [String: String]) -> [String: String] {
    if update.paths.isEmpty || update.paths.contains("labels") { return new }
    var labels = old
    for path in update.paths where path.hasPrefix("labels.") {
        let key = String(path.dropFirst("labels.".count))
        labels[key] = new[key].flatMap { $0.isEmpty ? nil : $0 }
    }
    return labels
}
