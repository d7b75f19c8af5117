/// Something that filters look into: each kind of object names its fields as containerd does.
package protocol Filterable {
    /// The value at a field path such as `["labels", "io.example/team"]`; nil when the object has no such field.
    func field(_ path: [String]) -> String?
}

/// One filter of containerd's filter language: selectors joined by `,`, all of which must hold.
///
///     labels."io.example/team"==core,image~=/^docker\\.io\\//
///
/// A selector is a field path alone (the field is present) or a path, an operator and a value. `==` holds for a
/// present, equal field; `!=` also for an absent one; `~=` searches a regular expression (``FilterPattern``), an
/// absent field counting as empty. Fields and values may be quoted as Go quotes strings; the value of `~=` may
/// stand between `/` or `|` instead. An empty filter holds for everything.
///
/// Deviation: containerd accepts a broken regular expression and then matches nothing; here it is refused.
package struct Filter: Sendable {
    package static let maximumLength = 64 * 1024

    enum Test: Sendable {
        case present
        case equal(String)
        case notEqual(String)
        case matches(FilterPattern)
    }

    struct Selector: Sendable {
        var path: [String]
        var test: Test
    }

    let selectors: [Selector]

    /// Throws `invalidArgument` that quotes the filter and names the position (from 1, in characters).
    package init(_ text: String) throws(Failure) {
        guard text.utf8.count <= Filter.maximumLength else {
            throw .invalid("filter \"\(text.prefix(40))…\": longer than \(Filter.maximumLength) bytes")
        }
        var parser = FilterParser(text)
        selectors = try parser.parse()
    }

    package func matches(_ object: some Filterable) -> Bool {
        selectors.allSatisfy { $0.holds(for: object) }
    }
}

extension Filter.Selector {
    func holds(for object: some Filterable) -> Bool {
        let value = object.field(path)
        return switch test {
        case .present: value != nil
        case .equal(let expected): value == expected
        case .notEqual(let unexpected): value != unexpected
        case .matches(let pattern): pattern.occurs(in: value ?? "")
        }
    }
}

/// The filters of a request, any of which may hold; none at all hold for everything.
package struct FilterSet: Sendable {
    package static let maximumCount = 4096

    private let filters: [Filter]

    /// Throws `invalidArgument` for the first filter that is not well-formed.
    package init(_ texts: [String]) throws(Failure) {
        guard texts.count <= FilterSet.maximumCount else {
            throw .invalid("filters: \(texts.count) given, at most \(FilterSet.maximumCount) are allowed")
        }
        var filters: [Filter] = []
        filters.reserveCapacity(texts.count)
        for text in texts {
            filters.append(try Filter(text))
        }
        self.filters = filters
    }

    package var matchesEverything: Bool { filters.isEmpty || filters.contains { $0.selectors.isEmpty } }

    package func matches(_ object: some Filterable) -> Bool {
        filters.isEmpty || filters.contains { $0.matches(object) }
    }

    package func select<Object: Filterable>(from objects: [Object]) -> [Object] {
        matchesEverything ? objects : objects.filter { matches($0) }
    }
}
