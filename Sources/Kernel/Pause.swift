internal import CLinux

/// Lets the calling thread sleep, at least this long unless a signal comes. See nanosleep(2).
package func pause(microseconds: UInt32) {
    var time = timespec(tv_sec: Int(microseconds / 1_000_000), tv_nsec: Int(microseconds % 1_000_000) * 1000)
    nanosleep(&time, nil)
}
