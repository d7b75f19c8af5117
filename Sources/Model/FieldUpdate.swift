/// Which fields of a record an update request replaces, as field-mask paths; empty replaces all that are mutable.
///
/// Paths are those of containerd's API: `labels`, `labels.<key>`, `spec`, `extensions.<key>`, …
package struct FieldUpdate: Hashable, Sendable {
    package var paths: [String]

    package init(paths: [String] = []) {
        self.paths = paths
    }

    package static let everything = FieldUpdate()
}
