extension CgroupManager {
    /// The cgroups that the containers of one pod are in.
    /// - Parameter parent: a path below the hierarchies' roots, or the name of a slice of systemd.
    package init(parent: String, layout: CgroupLayout) throws(CgroupError) {
        let isSlice = parent.hasSuffix(".slice") && !parent.contains("/")
        let path = isSlice ? try SystemdUnit.expand(parent) : parent
        try self.init(path: path.hasPrefix("/") ? path : "/" + path, containerID: "", layout: layout)
    }
}
