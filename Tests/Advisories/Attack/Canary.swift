internal import Glibc
internal import Kernel
internal import Testing

/// A directory of the host's that no attack may change: nothing in it may be written, created, removed, mounted on or
/// given to somebody else.
struct Canary {
    /// What no container may ever read.
    static let secret = "sings only for the host"

    let path: String
    private let before: [String]

    /// Makes it, with a file, a directory and a link in it.
    init(at path: String) throws {
        self.path = path
        try makeDirectory(path, mode: 0o755)
        try makeDirectory(path + "/directory", mode: 0o755)
        try SmallFile.replace(path + "/file", with: Array(Self.secret.utf8), mode: 0o640)
        try SmallFile.replace(path + "/directory/file", with: Array(Self.secret.utf8), mode: 0o640)
        try #require(symlink("file", path + "/link") == 0)
        before = Self.facts(path)
    }

    func expectUntouched(_ attack: String = "", sourceLocation: SourceLocation = #_sourceLocation) {
        let now = Self.facts(path)
        #expect(now == before, "the canary has changed: \(attack)", sourceLocation: sourceLocation)
        let mounts = (try? SmallFile.text("/proc/self/mountinfo", limit: 16 << 20)) ?? path
        #expect(!mounts.contains(path), "something is mounted on the canary", sourceLocation: sourceLocation)
    }

    /// Everything below `path`: names, inodes, types, modes, owners, links, sizes, times of change, contents.
    private static func facts(_ path: String) -> [String] {
        var status = stat()
        guard lstat(path, &status) == 0 else { return ["\(path): gone"] }
        var facts = [
            "\(path) \(status.st_ino) \(String(status.st_mode, radix: 8)) \(status.st_uid):\(status.st_gid) "
                + "\(status.st_nlink) \(status.st_size) \(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
        ]
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            let names = ((try? Directory.entries(path)) ?? []).map(\.name).sorted()
            for name in names { facts += self.facts(path + "/" + name) }
        case S_IFREG: facts.append((try? SmallFile.text(path)) ?? "unreadable")
        default: break
        }
        return facts
    }
}
