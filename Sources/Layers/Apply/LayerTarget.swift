internal import Model

/// The directory that a layer is written to, found out from the mounts of a snapshot. Nothing is mounted: the
/// files go where the mount would put them, which saves the mount, overlayfs's own work for each file, and a
/// place where something could go wrong.
struct LayerTarget: Sendable, Equatable {
    /// Where files are written.
    var path: String
    /// What shows through where the directory has nothing: lower directories, nearest first. Empty unless overlay.
    var lowers: [String]
    /// How overlayfs is told of what is hidden; nil where hidden things are deleted instead.
    var marks: OverlayMarks?

    /// `failedPrecondition` when nothing can be written there, `unimplemented` for other kinds of mount.
    init(_ mounts: [Mount]) throws(Failure) {
        guard let mount = mounts.first, mounts.count == 1, mount.target.isEmpty else {
            throw Failure(
                .unimplemented,
                "\(mounts.count) mounts; expected one, a bind or overlay mount as a snapshotter gives it")
        }
        if mount.type == "overlay" {
            let options = OverlayOptions(mount.options)
            guard let upper = options.upper else {
                throw Failure(
                    .failedPrecondition, "the overlay mount has no upper directory; prepare an active snapshot")
            }
            (path, lowers, marks) = (upper, options.lowers, options.marks)
        } else if LayerTarget.isBind(mount) {
            guard !mount.options.contains("ro") else {
                throw Failure(
                    .failedPrecondition, "mount of \"\(mount.source)\": read-only; prepare an active snapshot")
            }
            (path, lowers, marks) = (mount.source, [], nil)
        } else {
            throw Failure(.unimplemented, "mount type \"\(mount.type)\": expected bind or overlay")
        }
        for directory in [path] + lowers where !directory.hasPrefix("/") {
            throw .invalid("mount of \"\(directory)\": expected an absolute path")
        }
    }

    static func isBind(_ mount: Mount) -> Bool {
        ["bind", "rbind"].contains(mount.type) || mount.options.contains("bind") || mount.options.contains("rbind")
    }
}

/// The options of an overlay mount that say where things are.
struct OverlayOptions {
    var upper: String?
    var lowers: [String] = []
    var marks = OverlayMarks.trusted

    init(_ options: [String]) {
        for option in options {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            switch (parts[0], parts.count) {
            case ("upperdir", 2): upper = parts[1]
            case ("lowerdir", 2): lowers = Self.split(parts[1])
            case ("userxattr", _): marks = .user
            default: break
            }
        }
    }

    /// At colons, unless a backslash stands before.
    private static func split(_ text: String) -> [String] {
        var parts = [""]
        var isEscaped = false
        for character in text {
            if isEscaped {
                parts[parts.count - 1].append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == ":" {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts.filter { !$0.isEmpty }
    }
}

/// Under which extended attributes overlayfs keeps its marks. A hidden name is a character device 0:0.
/// Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories".
enum OverlayMarks: Sendable, Equatable {
    case trusted, user

    var opaque: String {
        switch self {
        case .trusted: "trusted.overlay.opaque"
        case .user: "user.overlay.opaque"
        }
    }

    static func isMark(_ attribute: String) -> Bool {
        attribute.hasPrefix("trusted.overlay.") || attribute.hasPrefix("user.overlay.")
    }
}
