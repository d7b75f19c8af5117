/// A mounted cgroup hierarchy, from /proc/PID/mountinfo. See proc_pid_mountinfo(5).
struct CgroupMount: Equatable {
    /// The cgroup that the mount shows as its root.
    let root: String
    let mountPoint: String
    let isUnified: Bool
    /// Options of the file system: for version 1 its controllers, or its name.
    let options: [String]

    static func parse(_ text: String) -> [CgroupMount] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3,
                fields[dash + 1] == "cgroup" || fields[dash + 1] == "cgroup2"
            else { return nil }
            return CgroupMount(
                root: unescaped(fields[3]), mountPoint: unescaped(fields[4]),
                isUnified: fields[dash + 1] == "cgroup2",
                options: fields[dash + 3].split(separator: ",").map(String.init))
        }
    }

    func serves(_ membership: Membership) -> Bool {
        if membership.controllers.isEmpty { return isUnified }
        return !isUnified && membership.controllers.allSatisfy { options.contains($0) }
    }

    /// A cgroup's path below this mount point; the root where the mount does not show it.
    func visible(_ path: String) -> String {
        if root == "/" { return path }
        if path == root { return "/" }
        return path.hasPrefix(root + "/") ? String(path.dropFirst(root.count)) : "/"
    }

    /// Replaces `\040` and its like: space, tab, line feed and backslash are written in octal.
    private static func unescaped(_ field: Substring) -> String {
        guard field.contains("\\") else { return String(field) }
        var bytes: [UInt8] = []
        var rest = field.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3, let code = UInt8(String(rest.prefix(3)) ?? "", radix: 8) {
                bytes.append(code)
                rest.removeFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
