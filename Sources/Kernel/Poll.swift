internal import CLinux

/// Waits on a few descriptors of any kind, regular files and terminals included, which epoll(7) refuses. See poll(2).
package struct Poll: Sendable {
    package struct Interest: Sendable {
        package let descriptor: Int32
        package var readable: Bool
        package var writable: Bool

        package init(_ descriptor: Int32, readable: Bool = true, writable: Bool = false) {
            self.descriptor = descriptor
            self.readable = readable
            self.writable = writable
        }
    }

    /// Answers, in the order of the request, what can be done now; an end or a failure counts as readable. A request
    /// for nothing is never answered.
    package static func wait(
        _ interests: [Interest], milliseconds: Int32 = -1
    ) throws(SystemCallError) -> [(readable: Bool, writable: Bool)] {
        var requests = interests.map { interest in
            pollfd(
                fd: interest.readable || interest.writable ? interest.descriptor : -1,
                events: Int16((interest.readable ? POLLIN : 0) | (interest.writable ? POLLOUT : 0)), revents: 0)
        }
        let count = nfds_t(requests.count)
        try retrying("poll") { poll(&requests, count, milliseconds) }
        return requests.map { request in
            let ready = Int32(request.revents)
            let isOver = ready & (POLLHUP | POLLERR) != 0
            return (ready & POLLIN != 0 || isOver, ready & POLLOUT != 0)
        }
    }
}
