internal import CLinux

/// See log2(3).
package func binaryLogarithm(_ value: Double) -> Double {
    log2(value)
}

/// See pow(3).
package func power(_ base: Double, _ exponent: Double) -> Double {
    pow(base, exponent)
}
