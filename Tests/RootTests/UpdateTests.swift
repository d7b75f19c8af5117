internal import GuestReport
internal import Kernel
internal import RuntimeSpec
internal import TestKit
internal import Testing

/// Limits of a running container, by each option of `update`, as the kernel has them afterwards.
@Suite(.needsRoot) struct UpdateTests {
    /// An option, what it is given, and the control file and value of either version that it leads to; of version 1 the
    /// controller comes first. No file where the version has none.
    private static let cases: [(words: [String], legacy: (String, String)?, unified: (String, String)?)] = [
        (["--memory", "64M"], ("memory/memory.limit_in_bytes", "67108864"), ("memory.max", "67108864")),
        (
            ["--memory=67108864", "--memory-swap", "128M"], ("memory/memory.memsw.limit_in_bytes", "134217728"),
            ("memory.swap.max", "67108864")
        ),
        (
            ["--memory-reservation", "32M"], ("memory/memory.soft_limit_in_bytes", "33554432"),
            ("memory.low", "33554432")
        ),
        (["--kernel-memory-tcp", "8M"], ("memory/memory.kmem.tcp.limit_in_bytes", "8388608"), nil),
        (["--cpu-share", "512"], ("cpu/cpu.shares", "512"), ("cpu.weight", "20")),
        (
            ["--cpu-period", "50000", "--cpu-quota", "25000"], ("cpu/cpu.cfs_quota_us", "25000"),
            ("cpu.max", "25000 50000")
        ),
        (["--cpu-period", "20000"], ("cpu/cpu.cfs_period_us", "20000"), ("cpu.max", "25000 20000")),
        (["--cpu-burst", "1000"], ("cpu/cpu.cfs_burst_us", "1000"), ("cpu.max.burst", "1000")),
        (["--cpu-quota", "-1", "--cpu-burst", "0"], ("cpu/cpu.cfs_quota_us", "-1"), ("cpu.max", "max 20000")),
        (["--cpu-rt-period", "500000"], ("cpu/cpu.rt_period_us", "500000"), nil),
        (["--cpu-rt-runtime", "1000"], ("cpu/cpu.rt_runtime_us", "1000"), nil),
        (["--cpu-idle", "1"], ("cpu/cpu.idle", "1"), ("cpu.idle", "1")),
        (["--cpuset-cpus", "0"], ("cpuset/cpuset.cpus", "0"), ("cpuset.cpus", "0")),
        (["--cpuset-mems", "0"], ("cpuset/cpuset.mems", "0"), ("cpuset.mems", "0")),
        (["--pids-limit", "77"], ("pids/pids.max", "77"), ("pids.max", "77")),
        (["--pids-limit", "-1"], ("pids/pids.max", "max"), ("pids.max", "max")),
        (["--memory", "-1", "--memory-swap", "-1"], ("memory/memory.memsw.failcnt", "0"), ("memory.max", "max")),
        (["--blkio-weight", "300"], ("blkio/blkio.bfq.weight", "300"), ("io.bfq.weight", "default 300")),
    ]

    @Test func `each option reaches the kernel, and leaves the others as they are`() throws {
        try ContainerFixture.with { fixture in
            _ = try fixture.startSleeping()
            let isUnified = Directory.exists("/sys/fs/cgroup" + fixture.cgroup)
            for one in Self.cases {
                guard let (file, value) = isUnified ? one.unified : one.legacy else { continue }
                let path =
                    isUnified
                    ? "/sys/fs/cgroup\(fixture.cgroup)/\(file)"
                    : "/sys/fs/cgroup/\(file.split(separator: "/")[0])\(fixture.cgroup)/\(file.split(separator: "/")[1])"
                let isThere = (try? FileDescriptor.open(path, .pathOnly)) != nil
                let outcome = try fixture.runtime(["update"] + one.words + [fixture.id])
                guard isThere else {
                    #expect(outcome.code == 1 && outcome.errors.contains("linux.resources."), "\(one.words)")
                    continue
                }
                #expect(outcome.code == 0, "\(one.words): \(outcome.errors)")
                #expect(try SmallFile.text(path) == value + "\n", "\(one.words)")
            }
        }
    }

    @Test(arguments: [
        (["--memory", "much"], "expected bytes"), (["--cpu-share", "-3"], "expected no negative number"),
        (["--cpu-idle", "2"], "linux.resources.cpu.idle"), (["--pids-limit", "x"], "expected a number"),
        (["--cpuset-cpus", "a"], "linux.resources.cpu.cpus"), (["--blkio-weight", "5000"], "blockIO.weight"),
        (["--l3-cache-schema", "L3:0=f"], "in no class of service"),
        (["--mem-bw-schema", "MB:0=20"], "in no class of service"),
        (["-r", "/no/such/file"], "no such file"),
    ])
    func `what makes no sense is refused, and changes nothing`(words: [String], reason: String) throws {
        try ContainerFixture.with { fixture in
            _ = try fixture.startSleeping()
            let outcome = try fixture.runtime(["update", "--pids-limit", "50"] + words + [fixture.id])
            #expect(outcome.code == 1 && outcome.errors.contains(reason), "\(outcome.errors)")
            let usage = try fixture.runtime(["events", "--stats", fixture.id]).output
            #expect(!usage.contains(#""limit":50}"#), "\(usage)")
        }
    }
}
