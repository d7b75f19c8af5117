package import Kernel

/// Tells when the kernel killed a process of the container for want of memory.
package struct OOMNotifier: ~Copyable {
    /// Becomes readable when something happened; ``killsSinceLast()`` tells what, and makes it unreadable again.
    package let descriptor: FileDescriptor

    private let directory: ControlDirectory
    private let isUnified: Bool
    private var seen: UInt64

    /// Version 1: an eventfd, registered with `cgroup.event_control`. It fires too when the cgroup is removed.
    init(legacy directory: ControlDirectory) throws(SystemCallError) {
        let counter = try EventCounter()
        let control = try FileDescriptor.open(directory.file("memory.oom_control"), .readOnly)
        try directory.write("cgroup.event_control", "\(counter.descriptor.rawValue) \(control.rawValue)")
        descriptor = try counter.descriptor.duplicate()
        self.directory = directory
        isUnified = false
        seen = 0
        seen = kills()
    }

    /// Version 2: inotify on `memory.events`.
    init(unified directory: ControlDirectory) throws(SystemCallError) {
        let watch = try FileWatch(modificationsOf: directory.file("memory.events"))
        descriptor = try watch.descriptor.duplicate()
        self.directory = directory
        isUnified = true
        seen = 0
        seen = kills()
    }

    /// How many processes were killed since the last call; 0 if the cgroup is gone.
    package mutating func killsSinceLast() -> UInt64 {
        descriptor.discardInput()
        let now = kills()
        defer { seen = max(seen, now) }
        return now > seen ? now - seen : 0
    }

    private borrowing func kills() -> UInt64 {
        var count: UInt64 = 0
        directory.forEachEntry(isUnified ? "memory.events" : "memory.oom_control") { name, value in
            if name == "oom_kill" { count = value }
        }
        return count
    }
}

extension CgroupManager {
    /// Watches for kills by the kernel; nil if no memory controller is there to tell.
    package func oomNotifier() throws(CgroupError) -> OOMNotifier? {
        do {
            if let directory = directory(of: "memory") { return try OOMNotifier(legacy: directory) }
            guard mode == .unified, let directory = unified?.directory, directory.has("memory.events") else {
                return nil
            }
            return try OOMNotifier(unified: directory)
        } catch {
            throw .system(error, field: nil)
        }
    }
}
