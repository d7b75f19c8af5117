internal import Kernel
internal import Model

/// The files of a snapshot, through a mount that is attached nowhere and ends with this value.
struct ImageFiles: ~Copyable {
    private let root: FileDescriptor

    /// fsconfig(2) takes values of at most this many bytes.
    private static let longestValue = 255

    init(_ mounts: [Model.Mount]) throws(Failure) {
        guard let mount = mounts.first, mounts.count == 1 else {
            throw Failure(.unimplemented, "snapshot: expected one mount, found \(mounts.count)")
        }
        do {
            root =
                mount.type == "bind"
                ? try cloneMount(mount.source, recursive: false) : try Self.mounted(mount.type, mount.options)
        } catch {
            throw Failure(.internal, "snapshot: its files cannot be looked at", cause: error)
        }
    }

    private static func mounted(_ type: String, _ options: [String]) throws(SystemCallError) -> FileDescriptor {
        let context = try FilesystemContext(type: type)
        try context.set("source", type)
        for option in options where option != "ro" {
            let sides = option.split(separator: "=", maxSplits: 1).map(String.init)
            if sides.count == 1 {
                try context.set(option)
            } else if sides[0] == "lowerdir", sides[1].utf8.count > longestValue {
                for layer in sides[1].split(separator: ":") { try context.set("lowerdir+", String(layer)) }
            } else {
                try context.set(sides[0], sides[1])
            }
        }
        return try context.mount([.readOnly, .noDevices, .noSetUserID, .noExecute])
    }

    /// What a regular file holds, symbolic links resolved inside the image; nothing if there is none.
    /// - Throws: `resourceExhausted` above `limit` bytes.
    borrowing func content(of path: String, limit: Int) throws(Failure) -> [UInt8] {
        do {
            let file = try FileDescriptor.open(
                path, resolving: [.inRoot, .noMagicLinks], relativeTo: root.rawValue, [.readOnly, .nonBlocking])
            guard try FileStatus(of: file.rawValue).kind == .regular else { return [] }
            return try file.readAll(limit: limit, name: path)
        } catch {
            if error.errno == .noSuchFile || error.errno == .notDirectory { return [] }
            let code: Failure.Code = error.errno == .fileTooLarge ? .resourceExhausted : .internal
            throw Failure(code, "the image's \"\(path)\": cannot be read", cause: error)
        }
    }
}
