internal import Kernel
package import Model

/// Complete copies, for file systems on which overlayfs does not work. Where the file system shares extents
/// (btrfs, xfs) a copy takes only its inodes.
package struct NativeDriver: SnapshotDriver {
    package static let name = "native"
    package static let copiesParent = true

    package init() {}

    package func create(
        _ number: Int64, kind: SnapshotInfo.Kind, parents: [Int64], in directory: SnapshotDirectory
    ) throws(Failure) {
        do throws(SystemCallError) {
            try directory.make(number) { snapshot throws(SystemCallError) in
                try snapshot.makeDirectory(name: "fs", permissions: 0o755)
                let files = try snapshot.open(name: "fs", [.readOnly, .directory, .noFollow])
                guard kind == .active, let parent = parents.first else {
                    return try files.setPermissions(0o755)
                }
                var copy = TreeCopy()
                try copy.copy(try directory.openFiles(parent), onto: files)
            }
        } catch {
            throw .disk(error, "snapshot directory \"\(directory.path)/\(number)\"")
        }
    }

    package func mounts(
        _ number: Int64, kind: SnapshotInfo.Kind, parents: [Int64], in directory: SnapshotDirectory
    ) -> [Mount] {
        // A view needs no copy: it is its parent's files.
        let shown = kind == .view ? parents.first ?? number : number
        return [
            Mount(
                type: "bind", source: directory.filesPath(shown), options: ["rbind", kind == .active ? "rw" : "ro"])
        ]
    }
}

package typealias NativeSnapshotter = DriverSnapshotter<NativeDriver>
