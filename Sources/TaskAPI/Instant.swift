/// A moment of the wall clock, as `google.protobuf.Timestamp` counts it: from 1970, UTC.
package struct Instant: Hashable, Sendable {
    package var seconds: Int64
    /// From 0 to 999,999,999.
    package var nanoseconds: Int32

    package init(seconds: Int64, nanoseconds: Int32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }
}
