internal import Kernel

/// The container's cgroup in one version 1 hierarchy.
struct LegacyCgroup: Sendable, Equatable {
    let controllers: [String]
    let mountPoint: String
    let directory: ControlDirectory

    init(controllers: [String], mountPoint: String, path: String) {
        self.controllers = controllers
        self.mountPoint = mountPoint
        directory = ControlDirectory(path)
    }

    /// Answers whether it made the directory; false if that was there, empty of processes.
    func create() throws(CgroupError) -> Bool {
        let made = try directory.make(below: mountPoint)
        if controllers.contains("cpuset") { try LegacyCPUSet.inherit(directory, below: mountPoint) }
        return made
    }

    /// As ``create()``, where the directory may be there with the container's own process in it already.
    func createShared() throws(CgroupError) {
        if !Directory.exists(directory.path) { _ = try directory.make(below: mountPoint) }
        if controllers.contains("cpuset") { try LegacyCPUSet.inherit(directory, below: mountPoint) }
    }
}

extension ControlDirectory {
    /// Makes the directory and those above it; false if it was there, empty of processes. One in use is an error: its
    /// processes would share the container's fate.
    func make(below mountPoint: String) throws(CgroupError) -> Bool {
        do {
            if try makeLeaf(below: mountPoint) { return true }
            let count = try processes().count
            if count == 0 { return false }
            throw CgroupError.state("cgroup \"\(path)\" is in use, by \(count) processes")
        } catch let error as CgroupError {
            throw error
        } catch let error as SystemCallError {
            throw .system(error, field: nil)
        } catch {
            throw .state("\(error)")
        }
    }

    /// Whether the calling user may make the directory, or it is there and his to use.
    var canBeMade: Bool {
        var next: ControlDirectory? = self
        while let directory = next {
            if Directory.exists(directory.path) { return isWritable(directory.path) }
            next = directory.parent
        }
        return false
    }

    private func makeLeaf(below mountPoint: String) throws(SystemCallError) -> Bool {
        do {
            try Directory.make(path)
            return true
        } catch {
            if error.errno == .exists { return false }
            guard error.errno == .noSuchFile else { throw error }
        }
        try parent?.makeAll(below: mountPoint)
        try Directory.make(path)
        return true
    }

    /// Another container may make the same parents at the same time.
    private func makeAll(below mountPoint: String) throws(SystemCallError) {
        guard path.utf8.count > mountPoint.utf8.count else { return }
        try parent?.makeAll(below: mountPoint)
        do {
            try Directory.make(path)
        } catch {
            if error.errno != .exists { throw error }
        }
    }

    /// The cgroup above.
    var parent: ControlDirectory? {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return nil }
        return ControlDirectory(String(path[..<slash]))
    }
}
