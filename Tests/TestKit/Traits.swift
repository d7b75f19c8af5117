internal import Glibc
package import Testing

extension Trait where Self == ConditionTrait {
    /// For tests of what only root may do. Elsewhere they are skipped, and the report says so.
    package static var needsRoot: Self {
        .enabled(if: geteuid() == 0, "needs root: run the tests as root to include it")
    }
}
