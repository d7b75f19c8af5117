internal import Kernel

/// A runtime that is given the same bundles as the others.
enum ComparedRuntime: String, CaseIterable {
    case berth, runc, crun

    /// Its command line up to the command.
    func words(stateRoot: String) throws -> [String] {
        switch self {
        case .berth: [try Tool.runtime(), "--root", stateRoot]
        case .runc: ["runc", "--root", stateRoot]
        case .crun:
            ["unshare", "--mount", "--propagation", "slave", "sh", "-c", Self.onVersionTwo, "sh"]
                + ["crun", "--cgroup-manager=disabled", "--root", stateRoot]
        }
    }

    /// Crun 1.8 refuses a host with cgroups of both versions: it is shown version 2 alone.
    private static let onVersionTwo = """
        [ -e /sys/fs/cgroup/cgroup.controllers ] \
        || { umount -l /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup; } || exit 9
        exec "$@"
        """
}
