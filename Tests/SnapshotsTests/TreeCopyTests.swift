import Glibc
import Kernel
import Model
import Snapshots
import TestKit
import Testing

@Suite(.needsRoot) struct TreeCopyTests {
    @Test func `a native child has its parent's links, holes, nodes, attributes, modes and times`() async throws {
        try await withScratchDirectory("native") { path in
            let scope = Scope(namespace: "default")
            let snapshotter = try NativeSnapshotter(
                directory: path, records: MemorySnapshotRecords(), events: EventRecorder())
            _ = try await snapshotter.prepare("a", parent: "", labels: [:], in: scope)
            let from = path + "/1/fs"
            let file = open(from + "/file", O_CREAT | O_WRONLY, 0o600)
            pwrite(file, "begin", 5, 0)
            pwrite(file, "end", 3, 1 << 20)
            fchown(file, 5, 6)
            let descriptor = FileDescriptor(owning: dup(file))
            Array("kept".utf8).withUnsafeBytes { try? descriptor.setExtendedAttribute("user.note", $0) }
            fchmod(file, 0o6755)
            close(file)
            link(from + "/file", from + "/second")
            symlink("../nowhere", from + "/link")
            lchown(from + "/link", 7, 8)
            mknod(from + "/null", S_IFCHR | 0o666, dev_t(0x103))
            chmod(from + "/null", 0o666)
            mkfifo(from + "/fifo", 0o640)
            mkdir(from + "/dir", 0o700)
            chmod(from + "/dir", 0o1777)
            var times = (timespec(tv_sec: 1_000_000, tv_nsec: 5), timespec(tv_sec: 2_000_000, tv_nsec: 7))
            withUnsafePointer(to: &times) {
                $0.withMemoryRebound(to: timespec.self, capacity: 2) {
                    for name in ["file", "link", "dir"] {
                        _ = utimensat(AT_FDCWD, "\(from)/\(name)", $0, AT_SYMLINK_NOFOLLOW)
                    }
                }
            }
            try await snapshotter.commit("base", key: "a", labels: [:], in: scope)
            _ = try await snapshotter.prepare("b", parent: "base", labels: [:], in: scope)
            let to = path + "/2/fs"
            for name in ["file", "second", "link", "null", "fifo", "dir"] {
                #expect(facts(from, name) == facts(to, name), "\(name)")
            }
            #expect(inode(to, "file") == inode(to, "second"))
            #expect(inode(to, "file") != inode(from, "file"))
            #expect(try FileDescriptor.extendedAttribute(path: to + "/file", "user.note") == Array("kept".utf8))
            #expect(blocks(to, "file") <= 16)
        }
    }

    private func status(_ root: String, _ name: String) -> stat {
        var status = stat()
        lstat("\(root)/\(name)", &status)
        return status
    }

    private func facts(_ root: String, _ name: String) -> [Int] {
        let status = status(root, name)
        var facts = [
            Int(status.st_mode), Int(status.st_uid), Int(status.st_gid), Int(status.st_rdev), Int(status.st_nlink),
        ]
        if name != "dir" { facts.append(Int(status.st_size)) }
        if ["file", "link", "dir"].contains(name) { facts += [status.st_mtim.tv_sec, status.st_mtim.tv_nsec] }
        return facts
    }

    private func inode(_ root: String, _ name: String) -> UInt { UInt(status(root, name).st_ino) }
    private func blocks(_ root: String, _ name: String) -> Int { Int(status(root, name).st_blocks) }
}
