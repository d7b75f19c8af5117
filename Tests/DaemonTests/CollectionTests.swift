import Foundation
import TestKit
import Testing

/// Garbage collection beside clients who have not come to their end.
@Suite(.needsRoot) struct CollectionTests {
    @Test func `snapshots that a client makes of an image stay until a container has them`() async throws {
        // Every commit leaves time for a collection.
        let environment = ["BERTH_FAILPOINTS": "snapshots.commit.after-record=delay:1000"]
        try await withTenant(environment: environment) { tenant async throws in
            let image = try await tenant.image()
            let leases = "ctr " + tenant.words(.ctr, "leases", []).joined(separator: " ")
            let script = "while :; do \(leases) create --id passing; \(leases) delete --sync passing; done"
            let collecting = try RunningTool("/bin/sh", ["-c", script])
            // The image was unpacked for the other driver.
            let run = try await tenant.berthctl("run", "--rm", "--snapshotter", "native", image, "true")
            collecting.signal(SIGKILL)
            _ = try await collecting.ended()
            #expect(run.status == 0, "\(run.errors)")
            let left = try await tenant.ctr("leases", "ls", "-q").lines
            #expect(left.allSatisfy { $0 == "passing" }, "\(left)")
        }
    }
}
