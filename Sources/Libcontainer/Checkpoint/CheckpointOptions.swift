/// What the caller of `Container.checkpoint` and `Container.restore` decides, by the names of runc's flags. Paths are
/// absolute.
package struct CheckpointOptions: Sendable {
    /// How the state of the container's cgroups is dealt with. See criu(8), `--manage-cgroups`.
    package enum CgroupsMode: String, Sendable {
        case ignore, soft, full, strict
    }

    /// The directory of the images. Made for a checkpoint when it is missing, mode 0700; its parent exists.
    package var imagePath: String
    /// The directory of logs and other files of criu's own; nil puts them beside the images.
    package var workPath: String?
    /// For a checkpoint: the images of an earlier one, as a path from `imagePath`.
    package var parentPath: String?
    /// The criu program, searched for in PATH without a slash.
    package var criu = "criu"
    package var leavesRunning = false
    package var tcpEstablished = false
    package var externalUnixSockets = false
    package var shellJob = false
    package var fileLocks = false
    /// For a checkpoint: only writes the memory, and leaves the container running.
    package var preDump = false
    package var lazyPages = false
    /// For a checkpoint with `lazyPages`: gets a zero byte once pages are served; closed by this then. -1 for none.
    package var statusDescriptor: Int32 = -1
    /// Address and port.
    package var pageServer: (address: String, port: Int32)?
    package var autoDedup = false
    /// Nil is criu's default.
    package var cgroupsMode: CgroupsMode?
    /// Whether the network namespace is made anew, but its contents are not restored.
    package var emptyNetwork = false
    /// For a restore: `apparmor:NAME` or `selinux:LABEL`.
    package var lsmProfile: String?
    package var lsmMountContext: String?

    package init(imagePath: String) {
        self.imagePath = imagePath
    }
}
