internal import Kernel
internal import Model

/// The layer that an overlay's upper directory is: its files, and marks for what it hides. Nothing has to be
/// compared, since overlayfs only puts there what was changed.
struct UpperWalk {
    private static let maximumDepth = 256

    let writer: ChangeWriter
    let marks: OverlayMarks

    func run(_ path: String) throws(Failure) {
        let root: FileDescriptor
        do throws(SystemCallError) {
            root = try FileDescriptor.open(path: path, [.readOnly, .directory])
        } catch {
            throw .disk(error, "directory \"\(path)\"")
        }
        try walk(root, [], depth: 0)
    }

    private func walk(_ directory: borrowing FileDescriptor, _ path: [UInt8], depth: Int) throws(Failure) {
        guard depth <= Self.maximumDepth else {
            throw .malformed("directory \(path.quoted): nested deeper than \(Self.maximumDepth) levels")
        }
        for name in try sortedNames(in: directory, path) {
            let place = joined(path, name)
            guard let inode = try inode(of: name, in: directory, place) else { continue }
            if inode.isWhiteout {
                try writer.hide(name, in: path)
                continue
            }
            try writer.add(place, name, inode, in: directory)
            guard inode.kind == .directory else { continue }
            let child = try openDirectory(name, in: directory, place)
            if try isOpaque(child, place) { try writer.hideAll(in: place) }
            try walk(child, place, depth: depth + 1)
        }
    }

    private func isOpaque(_ directory: borrowing FileDescriptor, _ place: [UInt8]) throws(Failure) -> Bool {
        do throws(SystemCallError) {
            let redirect = marks == .trusted ? "trusted.overlay.redirect" : "user.overlay.redirect"
            guard try directory.extendedAttribute(redirect) == nil else {
                throw SystemCallError("redirect", on: "a renamed directory", errno: .notSupported)
            }
            return try directory.extendedAttribute(marks.opaque) == Array("y".utf8)
        } catch {
            throw .disk(error, "directory \(place.quoted)")
        }
    }
}
