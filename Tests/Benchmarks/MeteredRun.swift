internal import Glibc
internal import Model

/// What one run of a program took, as the meter tells: its wall time, the CPU time of it and of the descendants that
/// were waited for, and what the largest of these was resident with.
struct MeteredRun: Sendable {
    let wall: Duration
    let cpu: Duration
    /// KiB.
    let peak: Int

    /// - Parameter meter: the program of Tests/Meter, which is small, so that what its child inherits counts for little.
    static func of(_ command: [String], meter: String) throws -> MeteredRun {
        let words = try ProgramRun.output([meter, "time"] + command).split { $0 == " " || $0 == "\n" }
        let numbers = words.compactMap { Int64($0) }
        guard numbers.count == 3 else {
            throw Failure(.internal, "\"\(meter)\": expected three numbers, found \"\(words.joined(separator: " "))\"")
        }
        return MeteredRun(
            wall: .nanoseconds(numbers[0]), cpu: .microseconds(numbers[1]), peak: Int(numbers[2]))
    }
}

/// Many runs of the same.
struct MeteredRuns: Sendable {
    private(set) var wall = Sample()
    private(set) var cpu = Sample()
    /// Of the largest run, in KiB.
    private(set) var peak = 0

    mutating func add(_ run: MeteredRun) {
        wall.add(run.wall)
        cpu.add(run.cpu)
        peak = max(peak, run.peak)
    }
}
