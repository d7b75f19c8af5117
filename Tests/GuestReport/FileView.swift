internal import CGuest
internal import Kernel

/// What a process sees of one file, in one line, such as `file 444 0:0 read-only: text`.
enum FileView {
    private static let longest = 1 << 16

    /// Kind, permissions, owner, whether the process may write, and the content: a file's text, a directory's entries.
    static func complete(_ path: String) -> String {
        guard let inode = inode(path) else { return "missing" }
        var words = [description(of: inode), access(path)]
        switch inode.kind {
        case .regular:
            do throws(SystemCallError) {
                words.append(": " + (try SmallFile.text(path, limit: longest)).trimmingNewlines)
            } catch {
                words.append(": \(error.errno)")
            }
        case .directory: words.append(": " + entries(path).joined(separator: ","))
        case .symbolicLink: words.append(": " + ((try? readSymbolicLink(path, in: workingDirectory)) ?? ""))
        default: break
        }
        return words.joined(separator: " ")
    }

    /// Everything below a directory by its path in there: kind, numbers, permissions, owner, and where a link leads.
    static func tree(_ directory: String, depth: Int = 2) -> [String: String] {
        var views: [String: String] = [:]
        for name in entries(directory) {
            let path = directory + "/" + name
            guard let inode = inode(path) else { continue }
            let target = (try? readSymbolicLink(path, in: workingDirectory)).map { " " + $0 } ?? ""
            views[name] = description(of: inode) + target
            guard inode.kind == .directory, depth > 1 else { continue }
            for (below, view) in tree(path, depth: depth - 1) { views[name + "/" + below] = view }
        }
        return views
    }

    private static func inode(_ path: String) -> Inode? {
        guard let slash = path.lastIndex(of: "/") else { return nil }
        let parent = path[..<slash]
        guard let directory = try? FileDescriptor.open(parent.isEmpty ? "/" : String(parent), [.pathOnly, .directory])
        else { return nil }
        return try? directory.inode(name: String(path[path.index(after: slash)...]))
    }

    private static func entries(_ directory: String) -> [String] {
        ((try? Directory.entries(directory)) ?? []).map(\.name).sorted()
    }

    private static func description(of inode: Inode) -> String {
        let kind =
            switch inode.kind {
            case .regular: "file"
            case .directory: "directory"
            case .symbolicLink: "link"
            case .characterDevice: "char \(inode.nodeMajor):\(inode.nodeMinor)"
            case .blockDevice: "block \(inode.nodeMajor):\(inode.nodeMinor)"
            case .fifo: "fifo"
            case .socket: "socket"
            }
        return "\(kind) \(String(inode.permissions, radix: 8)) \(inode.user):\(inode.group)"
    }

    private static func access(_ path: String) -> String {
        let error = guest_may_write(path)
        return error == 0 ? "writable" : "not writable (\(error))"
    }
}

extension String {
    fileprivate var trimmingNewlines: String {
        var text = self[...]
        while text.last == "\n" { text.removeLast() }
        return String(text)
    }
}
