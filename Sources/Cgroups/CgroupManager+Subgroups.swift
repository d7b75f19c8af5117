extension CgroupManager {
    /// The cgroups below these that a further process is put into instead: by controller, or for all of them by the
    /// empty name. They exist; controllers that are not named stay where the container is. The version 2 cgroup of a
    /// hybrid host, which has no controllers, is left as it is.
    package func subgroups(_ paths: [String: String]) throws(CgroupError) -> CgroupManager {
        if paths.isEmpty { return self }
        let known = Set(legacy.flatMap(\.controllers) + [""])
        guard !isNone || paths.isEmpty else { throw .state("it has no cgroup to have others below it") }
        if let unknown = paths.keys.sorted().first(where: { !known.contains($0) }) {
            throw .state("no cgroup controller \"\(unknown)\" is mounted as version 1")
        }
        var legacy = legacy
        for (index, cgroup) in self.legacy.enumerated() {
            guard let path = cgroup.controllers.lazy.compactMap({ paths[$0] }).first ?? paths[""] else { continue }
            legacy[index] = LegacyCgroup(
                controllers: cgroup.controllers, mountPoint: cgroup.mountPoint,
                path: cgroup.directory.path + (try Self.tail(path)))
        }
        var unified = unified
        if mode == .unified, let whole = self.unified, let path = paths[""] {
            unified = UnifiedCgroup(mountPoint: whole.mountPoint, path: whole.directory.path + (try Self.tail(path)))
        }
        return CgroupManager(mode: mode, legacy: legacy, unified: unified, unit: unit)
    }

    private static func tail(_ path: String) throws(CgroupError) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }
        guard !parts.contains("..") else {
            throw .state("expected a cgroup below the container's, found \"\(path)\"")
        }
        return parts.map { "/" + $0 }.joined()
    }
}
