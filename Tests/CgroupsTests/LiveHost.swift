import Foundation
import Testing

@testable import Cgroups

/// What the tests on a real kernel need; where it is missing they are reported as skipped.
enum LiveHost {
    static let layout = try? CgroupLayout.discover()

    static var isRoot: Bool { geteuid() == 0 }

    static var hasLegacyControllers: Bool {
        isRoot && ["memory", "pids", "devices", "freezer", "cpu"].allSatisfy { layout?.hierarchy(of: $0) != nil }
    }

    static var hasUnified: Bool { isRoot && layout?.unified != nil }
}

extension Trait where Self == ConditionTrait {
    static var needsLegacyControllers: Self {
        .enabled(if: LiveHost.hasLegacyControllers, "needs root and version 1 controllers")
    }

    static var needsUnified: Self {
        .enabled(if: LiveHost.hasUnified, "needs root and a version 2 hierarchy")
    }
}
