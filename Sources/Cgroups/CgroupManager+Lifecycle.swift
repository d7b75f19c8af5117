package import Kernel

extension CgroupManager {
    /// Makes the cgroups. Directories that are there already are taken over if no process is in them; on failure those
    /// made here are gone again.
    package func create() throws(CgroupError) {
        let isNew = try createUnified()
        do {
            try createLegacy()
        } catch {
            if isNew { removeUnified() }
            throw error
        }
    }

    /// The version 2 part of ``create()``, which must be there before a process is born into it.
    /// A unit's is not: systemd makes it around the process.
    /// - Returns: whether it was made here.
    package func createUnified() throws(CgroupError) -> Bool {
        guard let unified, unit == nil else { return false }
        return try unified.create()
    }

    /// Removes what ``createUnified()`` has made, if no process is in it any more.
    package func removeUnified() {
        if let unified { try? Directory.remove(unified.directory.path) }
    }

    /// The version 1 part of ``create()``: a directory for each hierarchy, of which there may be a dozen.
    package func createLegacy() throws(CgroupError) {
        guard unit == nil else { return }
        var made: [ControlDirectory] = []
        do {
            for cgroup in legacy {
                if try cgroup.create() { made.append(cgroup.directory) }
            }
        } catch {
            for directory in made { try? Directory.remove(directory.path) }
            throw error
        }
    }

    /// Moves the calling process, which has one thread and was born in the version 2 cgroup if there is one, into the
    /// others. For a process that still has its creator's view of the file systems.
    package func joinSelf() throws(CgroupError) {
        do throws(SystemCallError) {
            try CgroupJoin(legacy.map { $0.directory.file("tasks") }).joinSelf()
        } catch {
            throw .system(error, field: nil)
        }
    }

    /// Moves a process, with all its threads, into the cgroups.
    ///
    /// The kernel makes the first such move wait for a grace period, 10 ms and more. ``openJoin(includingUnified:)``
    /// lets a single-threaded process move itself without that wait.
    package func add(_ process: Int32) throws(CgroupError) {
        for directory in directories {
            do {
                try directory.write("cgroup.procs", String(process))
            } catch {
                throw .system(error, field: nil)
            }
        }
    }

    /// The files through which a child moves itself into the cgroups.
    ///
    /// - Parameter includingUnified: false if the child is made right in the version 2 cgroup, by clone3(2) and
    ///   ``openV2Directory()``.
    package func openJoin(includingUnified: Bool) throws(CgroupError) -> CgroupJoin {
        var files = legacy.map { $0.directory.file("tasks") }
        if includingUnified, let unified { files.append(unified.directory.file("cgroup.procs")) }
        do {
            return try CgroupJoin(files)
        } catch {
            throw .system(error, field: nil)
        }
    }

    /// The version 2 directory for `CLONE_INTO_CGROUP`; nil on hosts without version 2. See clone3(2).
    package func openV2Directory() throws(CgroupError) -> FileDescriptor? {
        guard let unified else { return nil }
        // Systemd makes it when there is a process to be in it.
        if unit != nil, !Directory.exists(unified.directory.path) { return nil }
        do {
            return try FileDescriptor.open(unified.directory.path, [.readOnly, .directory])
        } catch {
            throw .system(error, field: nil)
        }
    }

    /// The processes in the container's cgroups and in those it made below them.
    package func pids() throws(CgroupError) -> [Int32] {
        do {
            return try anyDirectory?.allProcesses() ?? []
        } catch {
            throw .system(error, field: nil)
        }
    }

    package var exists: Bool {
        directories.contains { Directory.exists($0.path) }
    }

    /// Removes the cgroups, and those below them from the bottom up. Cgroups that are gone are fine. One that stays
    /// busy for about two seconds is an error, after all others were removed.
    package func remove() throws(CgroupError) {
        var failure: SystemCallError?
        let stopped = Result { () throws(CgroupError) in try stopUnit() }
        for directory in directories {
            do {
                try directory.removeTree()
            } catch {
                failure = error
            }
        }
        guard let failure else { return }
        // A unit that does not stop keeps its cgroup busy.
        try stopped.get()
        throw .system(failure, field: nil)
    }
}

extension ControlDirectory {
    /// A process that was killed may hold its cgroup for a moment longer.
    fileprivate func removeTree(depth: Int = 0) throws(SystemCallError) {
        var wait: UInt32 = 500
        for attempt in 0... {
            do {
                return try Directory.remove(path)
            } catch {
                if error.errno == .noSuchFile { return }
                guard error.errno == .busy, attempt < 12 else { throw error }
            }
            if depth < ControlDirectory.deepest {
                for child in (try? children()) ?? [] { try child.removeTree(depth: depth + 1) }
            }
            if attempt > 0 {
                pause(microseconds: wait)
                wait = min(wait * 2, 400_000)
            }
        }
    }
}
