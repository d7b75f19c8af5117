internal import Kernel
package import Model

/// Layers that overlayfs shows as one tree. The mounts are those of containerd's overlayfs snapshotter:
///
/// - no parent: a bind mount of `fs`, since overlayfs wants at least one lower directory;
/// - a view of one parent: a read-only bind mount of the parent's `fs`;
/// - otherwise overlay with the parents' `fs` as lower directories, nearest first, and for an active snapshot its
///   own `fs` as the upper one.
package struct OverlayDriver: SnapshotDriver {
    package static let name = SnapshotterName.overlay
    package static let copiesParent = false

    /// Options of every overlay mount on this host.
    private let common: [String]

    package init() {
        var options: [String] = []
        // With the inode index, an upper directory that was mounted with other layers would be refused.
        if Directory.exists("/sys/module/overlay/parameters") { options.append("index=off") }
        // Without rights over trusted.*, overlayfs keeps its marks in user.*.
        if Self.isInUserNamespace { options.append("userxattr") }
        common = options
    }

    private static var isInUserNamespace: Bool {
        guard let map = try? SmallFile.text("/proc/self/uid_map") else { return false }
        return map.split(whereSeparator: \.isWhitespace) != ["0", "0", "4294967295"]
    }

    package func create(
        _ number: Int64, kind: SnapshotInfo.Kind, parents: [Int64], in directory: SnapshotDirectory
    ) throws(Failure) {
        do throws(SystemCallError) {
            // The top of the merged tree has the upper directory's owner and mode: they are the parent's.
            let top = try parents.first.map { parent throws(SystemCallError) in
                try directory.root.inode(name: "\(parent)/fs")
            }
            try directory.make(number) { snapshot throws(SystemCallError) in
                try snapshot.makeDirectory(name: "fs", permissions: 0o700)
                let files = try snapshot.open(name: "fs", [.readOnly, .directory, .noFollow])
                if let top, top.user != 0 || top.group != 0 {
                    try files.setOwner(user: top.user, group: top.group)
                }
                try files.setPermissions(top?.permissions ?? 0o755)
                if kind == .active { try snapshot.makeDirectory(name: "work", permissions: 0o711) }
            }
        } catch {
            throw .disk(error, "snapshot directory \"\(directory.path)/\(number)\"")
        }
    }

    package func mounts(
        _ number: Int64, kind: SnapshotInfo.Kind, parents: [Int64], in directory: SnapshotDirectory
    ) -> [Mount] {
        guard let nearest = parents.first else {
            return [bind(directory.filesPath(number), kind == .active ? "rw" : "ro")]
        }
        var options = common
        if kind == .active {
            options.append("workdir=\(directory.workPath(number))")
            options.append("upperdir=\(directory.filesPath(number))")
        } else if parents.count == 1 {
            return [bind(directory.filesPath(nearest), "ro")]
        }
        options.append("lowerdir=" + parents.map(directory.filesPath).joined(separator: ":"))
        return [Mount(type: "overlay", source: "overlay", options: options)]
    }

    private func bind(_ source: String, _ access: String) -> Mount {
        Mount(type: "bind", source: source, options: [access, "rbind"])
    }
}

package typealias OverlaySnapshotter = DriverSnapshotter<OverlayDriver>
