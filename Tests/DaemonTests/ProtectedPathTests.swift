import Foundation
import TestKit
import Testing

/// What of the machine the containers of `berthctl run` do not get to see, or only to read.
@Suite(.needsRoot, .serialized) struct ProtectedPathTests {
    private static let masked = [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/sys/devices/virtual/powercap", "/sys/firmware",
        "/sys/devices/system/cpu/cpu0/thermal_throttle",
    ]

    @Test func `what tells of other containers or of the machine's secrets is empty`() async throws {
        try await withTenant { tenant async throws in
            let image = try await tenant.image()
            let present = Self.masked.filter { FileManager.default.fileExists(atPath: $0) }
            try #require(present.contains("/proc/interrupts"))
            let look = "for p; do test -d $p && busybox ls -A $p || busybox head -c 1 $p; done"
            let run = try await ToolRun.run(
                try Berthd.program("berthctl"),
                tenant.words(.berthctl, "run", ["--rm", image, "sh", "-c", look, "sh"] + present))
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output == "", "\(run.errors)")
        }
    }

    @Test func `what the kernel is steered by can only be read`() async throws {
        try await withTenant { tenant async throws in
            let image = try await tenant.image()
            let look = "for p in /proc/sys/kernel/core_pattern /proc/sys/vm/swappiness; do (: >$p) 2>&1; done"
            let run = try await tenant.berthctl("run", "--rm", image, "sh", "-c", look)
            #expect(run.lines.count == 2)
            #expect(run.lines.allSatisfy { $0.contains("Read-only file system") }, "\(run.output)\(run.errors)")
        }
    }
}
