/// Bounds on a document, which is an attacker's to write: beyond them it is refused before memory is spent on it.
enum JSONLimits {
    /// Bytes of one document. A generous config.json is tens of kilobytes.
    static let bytes = 16 << 20

    /// Nested objects and arrays. The specification itself needs eight.
    static let depth = 128

    /// Array elements and map entries in one document, all together.
    static let elements = 1 << 18
}
