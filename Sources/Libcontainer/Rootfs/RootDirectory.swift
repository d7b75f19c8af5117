internal import Kernel

/// A container's root directory, held by a descriptor. Every path is resolved beneath it by openat2(2) as the container
/// would see it: neither "..", nor a symbolic link, nor a rename while we look leads outside, and links that the kernel
/// makes up (/proc/PID/fd and the like) are refused.
struct RootDirectory: ~Copyable {
    let descriptor: FileDescriptor

    /// Symbolic links followed while missing directories are made, as the kernel's own limit.
    private static let longestLinkChain = 40

    init(_ descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
    }

    /// Opens what is there. By default only the place, with `O_PATH`: no device or fifo is touched.
    borrowing func open(
        _ path: String, _ flags: OpenFlags = .pathOnly, followingLinks: Bool = true
    ) throws(SystemCallError) -> FileDescriptor {
        let resolution: Resolution = followingLinks ? [.inRoot, .noMagicLinks] : [.inRoot, .noMagicLinks, .noSymlinks]
        return try FileDescriptor.open(path, resolving: resolution, relativeTo: descriptor.rawValue, flags)
    }

    /// Whether there is a directory at `path`.
    borrowing func hasDirectory(_ path: String) -> Bool {
        do {
            _ = try open(path, [.pathOnly, .directory])
            return true
        } catch {
            return false
        }
    }

    /// The directory at `path`, made with its parents, mode 0755, where it is missing.
    borrowing func makeDirectories(
        _ path: String, followingLinks: Bool = true
    ) throws(SystemCallError) -> FileDescriptor {
        do {
            return try open(path, [.pathOnly, .directory], followingLinks: followingLinks)
        } catch {
            guard error.errno == .noSuchFile else { throw error }
        }
        var rest = ArraySlice(Self.components(path))
        var done: [String] = []
        var links = 0
        var directory = try open("/", [.pathOnly, .directory])
        while let name = rest.popFirst() {
            let next = "/" + (done + [name]).joined(separator: "/")
            do {
                directory = try open(next, [.pathOnly, .directory], followingLinks: followingLinks)
                done.append(name)
                continue
            } catch {
                guard error.errno == .noSuchFile else { throw error }
            }
            do {
                try makeDirectory(name, in: directory.rawValue, mode: 0o755)
            } catch {
                guard error.errno == .exists else { throw error }
                // A symbolic link to nowhere: its target is what is missing.
                let target = try readSymbolicLink(name, in: directory.rawValue)
                links += 1
                guard followingLinks, links <= Self.longestLinkChain else {
                    throw SystemCallError("openat2", on: path, errno: .tooManyLinks)
                }
                if target.hasPrefix("/") { done = [] }
                rest = Self.components(target) + rest
                directory = try open("/" + done.joined(separator: "/"), [.pathOnly, .directory])
                continue
            }
            directory = try open(next, [.pathOnly, .directory], followingLinks: followingLinks)
            done.append(name)
        }
        return directory
    }

    /// The file at `path`, whatever its type but a directory; an empty one is made, with its parents, where it is
    /// missing.
    borrowing func makeFile(_ path: String, followingLinks: Bool = true) throws(SystemCallError) -> FileDescriptor {
        do {
            return try open(path, followingLinks: followingLinks)
        } catch {
            guard error.errno == .noSuchFile else { throw error }
        }
        let (directory, name) = try makeParent(of: path, followingLinks: followingLinks).parts()
        defer { _ = FileDescriptor(owning: directory) }
        do {
            try makeNode(name, in: directory, mode: 0o100755)
        } catch {
            guard error.errno == .exists else { throw error }
        }
        return try FileDescriptor.open(
            name, resolving: [.beneath, .noSymlinks, .noMagicLinks], relativeTo: directory, .pathOnly)
    }

    /// The directory that `path` is to be an entry of, made where it is missing, and the entry's name.
    borrowing func makeParent(
        of path: String, followingLinks: Bool = true
    ) throws(SystemCallError) -> Place {
        var components = Self.components(path)
        guard let name = components.popLast(), name != ".." else {
            throw SystemCallError("openat2", on: path, errno: .invalidArgument)
        }
        let parent = "/" + components.joined(separator: "/")
        return Place(directory: try makeDirectories(parent, followingLinks: followingLinks), name: name)
    }

    /// A directory and the name of an entry in it.
    struct Place: ~Copyable {
        let directory: FileDescriptor
        let name: String

        /// The descriptor's number, which then is the caller's to close, and the name.
        consuming func parts() -> (Int32, String) {
            let name = self.name
            return (directory.release(), name)
        }
    }

    static func components(_ path: String) -> [String] {
        path.split(separator: "/").filter { $0 != "." }.map(String.init)
    }

    /// `path` without ".", ".." and doubled slashes, absolute, as path.Clean of Go does it: what a configuration means.
    static func clean(_ path: String) -> String {
        var result: [String] = []
        for component in components(path) {
            if component == ".." { _ = result.popLast() } else { result.append(component) }
        }
        return "/" + result.joined(separator: "/")
    }
}
