internal import Kernel
internal import Model

// Finding the directory of an entry, and making what of it is missing.
extension LayerUnpacker {
    /// As many as the kernel follows in one path.
    private static let maximumLinks = 40

    /// The directory at `path`. Missing ones are made: like those that show through from below, or plain.
    func directory(_ path: ArraySlice<UInt8>) throws(SystemCallError) -> OpenDirectory {
        if path.isEmpty { return root }
        if let known = cache.find(path) { return known }
        let found: OpenDirectory
        do throws(SystemCallError) {
            found = try existingDirectory(path)
        } catch {
            guard error.errno == .noSuchFile || error.errno == .notDirectory else { throw error }
            found = try makeDirectories(path)
        }
        cache.remember(found, path)
        return found
    }

    /// The directory at `path` in the target itself.
    func existingDirectory(_ path: ArraySlice<UInt8>) throws(SystemCallError) -> OpenDirectory {
        if path.isEmpty { return root }
        return try (Array(path) + [0]).withTerminatedBytes { path throws(SystemCallError) in
            try OpenDirectory(try root.descriptor.openInRoot(path: path, [.readOnly, .directory]))
        }
    }

    private enum Step {
        case directory(OpenDirectory)
        case link([UInt8])
    }

    /// Goes down `path` one component at a time. Symbolic links, in the target or showing through from below, lead
    /// where they would lead in the container.
    private func makeDirectories(_ path: ArraySlice<UInt8>) throws(SystemCallError) -> OpenDirectory {
        let slash = UInt8(ascii: "/")
        var rest = path.split(separator: slash).map(Array.init)[...]
        var place: [[UInt8]] = []
        var current = root
        var links = 0
        while let component = rest.popFirst() {
            if component.elementsEqual(".".utf8) { continue }
            if component.elementsEqual("..".utf8) {
                _ = place.popLast()
                current = try existingDirectory(Array(place.joined(separator: [slash]))[...])
                continue
            }
            switch try step(component, from: current, place) {
            case .directory(let next):
                current = next
                place.append(component)
            case .link(let target):
                links += 1
                guard links <= Self.maximumLinks else {
                    throw SystemCallError("open", on: String(decoding: path, as: UTF8.self), errno: .tooManyLinks)
                }
                if target.first == slash { (current, place) = (root, []) }
                rest = (target.split(separator: slash).map(Array.init) + rest)[...]
            }
        }
        return current
    }

    private func step(
        _ component: [UInt8], from directory: OpenDirectory, _ place: [[UInt8]]
    ) throws(SystemCallError) -> Step {
        try (component + [0]).withTerminatedBytes { name throws(SystemCallError) in
            do throws(SystemCallError) {
                let next = try directory.descriptor.open(name: name, [.readOnly, .directory, .noFollow])
                return .directory(try OpenDirectory(next))
            } catch {
                switch error.errno {
                case .noSuchFile: return try stepDown(component, name, from: directory, place)
                case .notDirectory, .tooManyLinks: break
                default: throw error
                }
            }
            let inode = try directory.descriptor.inode(name: name)
            if inode.kind == .symbolicLink {
                return .link(try directory.descriptor.readSymbolicLink(name: name))
            }
            guard marks != nil, inode.isWhiteout else {
                throw SystemCallError("open", on: String(cString: name), errno: .notDirectory)
            }
            try replace(name, in: directory)
            let made = try makePlainDirectory(name, in: directory)
            try markOpaque(made.descriptor)
            claims?.add(component[...], in: directory)
            return .directory(made)
        }
    }

    /// A component that the target does not have.
    private func stepDown(
        _ component: [UInt8], _ name: UnsafePointer<CChar>, from directory: OpenDirectory, _ place: [[UInt8]]
    ) throws(SystemCallError) -> Step {
        claims?.add(component[...], in: directory)
        guard !lowers.isEmpty, try !isHidden(place[...]), let found = try lowers.find(place + [component]) else {
            return .directory(try makePlainDirectory(name, in: directory))
        }
        switch found.inode.kind {
        case .symbolicLink: return .link(try found.directory.readSymbolicLink(name: name))
        case .directory:
            let made = try makePlainDirectory(name, in: directory)
            let source = try found.directory.open(name: name, [.readOnly, .directory, .noFollow])
            try made.descriptor.copyAttributes(of: source, found.inode, leavingOut: OverlayMarks.isMark)
            made.passesGroupOn = found.inode.permissions & 0o2000 != 0
            return .directory(made)
        default: return .directory(try makePlainDirectory(name, in: directory))
        }
    }

    private func makePlainDirectory(
        _ name: UnsafePointer<CChar>, in parent: OpenDirectory
    ) throws(SystemCallError) -> OpenDirectory {
        try parent.descriptor.makeDirectory(name: name, permissions: 0o755)
        let made = try OpenDirectory(try parent.descriptor.open(name: name, [.readOnly, .directory, .noFollow]))
        if parent.passesGroupOn {
            try made.descriptor.setOwner(user: 0, group: 0)
            try made.descriptor.setPermissions(0o755)
            made.passesGroupOn = false
        }
        claims?.addPure(made.inode)
        return made
    }

    /// Where a directory of the target is, without links, from the root.
    func components(of directory: OpenDirectory) throws(SystemCallError) -> [[UInt8]] {
        let top = try root.absolutePath()
        let path = try directory.absolutePath()
        return path.dropFirst(top.count).split(separator: UInt8(ascii: "/")).map(Array.init)
    }

    /// Whether a directory of the target, or one above it, hides everything below.
    func isHidden(_ place: ArraySlice<[UInt8]>) throws(SystemCallError) -> Bool {
        guard let marks else { return false }
        var path: [UInt8] = []
        for component in place {
            path += component + [UInt8(ascii: "/")]
            let directory: OpenDirectory
            do throws(SystemCallError) {
                directory = try existingDirectory(path[...])
            } catch {
                // Not in the target, so nothing in it can hide.
                if error.errno == .noSuchFile { return false }
                throw error
            }
            if try directory.descriptor.extendedAttribute(marks.opaque) == Array("y".utf8) { return true }
        }
        return false
    }

    func markOpaque(_ directory: borrowing FileDescriptor) throws(SystemCallError) {
        guard let marks else { return }
        var value = UInt8(ascii: "y")
        var failure: SystemCallError?
        withUnsafeBytes(of: &value) { bytes in
            do throws(SystemCallError) {
                try directory.setExtendedAttribute(marks.opaque, bytes)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}
