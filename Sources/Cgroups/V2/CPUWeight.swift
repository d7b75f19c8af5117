internal import Kernel

/// Version 1's shares as version 2's weight.
enum CPUWeight {
    /// Maps 2...262144 to 1...10000 such that the defaults meet: 1024 shares are a weight of 100. A parabola through
    /// the three points in logarithms, as current runc and crun have it; older ones drew a straight line that made 39
    /// of 1024.
    static func fromShares(_ shares: UInt64) -> UInt64 {
        if shares <= 2 { return 1 }
        if shares >= 262_144 { return 10_000 }
        let logarithm = binaryLogarithm(Double(shares))
        let exponent = (logarithm * logarithm + 125 * logarithm) / 612 - 7.0 / 34.0
        return UInt64(power(10, exponent).rounded(.up))
    }
}
