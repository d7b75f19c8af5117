package import Kernel

/// The way into a container's cgroups for a process that takes it by itself: open files that a child inherits.
///
/// The kernel moves the calling thread at once, where moving another process waits for every CPU to pass a quiet
/// point. So only for a process of one thread. Close-on-exec.
package struct CgroupJoin: ~Copyable {
    private let files: [Int32]

    init(_ paths: [String]) throws(SystemCallError) {
        var files: [Int32] = []
        files.reserveCapacity(paths.count)
        do {
            for path in paths { files.append(try FileDescriptor.open(path, .writeOnly).release()) }
        } catch {
            for file in files { _ = FileDescriptor(owning: file) }
            throw error
        }
        self.files = files
    }

    deinit {
        for file in files { _ = FileDescriptor(owning: file) }
    }

    /// Moves the calling process. May be called between a fork-like clone and execve.
    package borrowing func joinSelf() throws(SystemCallError) {
        for file in files {
            let descriptor = FileDescriptor(owning: file)
            do {
                try descriptor.write("0", name: "cgroup")
            } catch {
                _ = descriptor.release()
                throw error
            }
            _ = descriptor.release()
        }
    }
}
