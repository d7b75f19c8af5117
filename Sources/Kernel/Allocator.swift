internal import CLinux

/// The C library's allocator, which Swift's is.
package enum Allocator {
    /// Bounds the number of arenas, by default eight for each core: with fewer, memory that one thread frees serves
    /// another instead of waiting for its own. To be called before there are threads. See mallopt(3).
    package static func limitArenas(to count: Int32) {
        _ = mallopt(M_ARENA_MAX, count)
    }
}
