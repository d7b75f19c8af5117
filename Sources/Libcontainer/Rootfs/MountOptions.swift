internal import Kernel

/// The meaning of a mount's option list.
struct MountOptions {
    var set: MountAttributes = []
    var clear: MountAttributes = []
    var recursiveSet: MountAttributes = []
    var recursiveClear: MountAttributes = []
    var propagation: [(kind: Propagation, recursive: Bool)] = []
    /// What the file system itself is to be told; flags of the superblock are among them.
    var parameters: [(key: String, value: String?)] = []
    var isBind = false
    var isRecursive = false
    var copiesUp = false
    /// What is mounted at the destination gets other attributes; nothing is mounted.
    var isRemount = false
    var idMapping: IDMappingScope?

    enum IDMappingScope { case mount, recursive }

    init(_ options: [String]) {
        for option in options { add(option) }
    }

    private mutating func add(_ option: String) {
        switch option {
        case "": break
        case "remount": isRemount = true
        case "bind": isBind = true
        case "rbind": (isBind, isRecursive) = (true, true)
        case "tmpcopyup": copiesUp = true
        case "idmap": idMapping = .mount
        case "ridmap": idMapping = .recursive
        case _ where Self.superblockFlags.contains(option): parameters.append((option, nil))
        case _ where Self.defaults.contains(option): break
        default:
            if let propagation = Self.propagations[option] {
                self.propagation.append(propagation)
            } else if let change = Self.attributes[option] {
                apply(change, to: &set, &clear)
            } else if option.first == "r", let change = Self.attributes[String(option.dropFirst())] {
                apply(change, to: &recursiveSet, &recursiveClear)
            } else if let equals = option.firstIndex(of: "=") {
                parameters.append((String(option[..<equals]), String(option[option.index(after: equals)...])))
            } else {
                parameters.append((option, nil))
            }
        }
    }

    /// The later of two options that contradict each other wins.
    private func apply(_ change: AttributeChange, to set: inout MountAttributes, _ clear: inout MountAttributes) {
        if change.isPolicy {
            set.subtract(.accessTimePolicy)
            clear.formUnion(.accessTimePolicy)
            if change.sets { set.formUnion(change.attribute) }
        } else if change.sets {
            set.formUnion(change.attribute)
            clear.subtract(change.attribute)
        } else {
            set.subtract(change.attribute)
            clear.formUnion(change.attribute)
        }
    }

    private struct AttributeChange {
        let attribute: MountAttributes
        let sets: Bool
        /// One of the access time policies, which exclude each other.
        var isPolicy: Bool { MountAttributes.accessTimePolicy.contains(attribute) }

        init(_ sets: Bool, _ attribute: MountAttributes) {
            self.attribute = attribute
            self.sets = sets
        }
    }

    /// Every option whose meaning is the same for all file systems, in order.
    static var names: [String] {
        let recursive = attributes.keys.map { "r" + $0 }
        return
            (["bind", "rbind", "tmpcopyup", "idmap", "ridmap", "remount"] + superblockFlags + defaults
            + propagations.keys + attributes.keys + recursive).sorted()
    }

    /// Of the file system itself, so that they mean nothing for bind mounts.
    private static let superblockFlags = ["sync", "dirsync", "lazytime", "mand"]

    /// What is so without being asked for, or what fsconfig(2) has no word for.
    private static let defaults = [
        "defaults", "loud", "silent", "async", "nolazytime", "nomand", "iversion", "noiversion",
    ]

    private static let attributes: [String: AttributeChange] = [
        "ro": AttributeChange(true, .readOnly), "rw": AttributeChange(false, .readOnly),
        "nosuid": AttributeChange(true, .noSetUserID), "suid": AttributeChange(false, .noSetUserID),
        "nodev": AttributeChange(true, .noDevices), "dev": AttributeChange(false, .noDevices),
        "noexec": AttributeChange(true, .noExecute), "exec": AttributeChange(false, .noExecute),
        "noatime": AttributeChange(true, .noAccessTime), "atime": AttributeChange(false, .noAccessTime),
        "strictatime": AttributeChange(true, .strictAccessTime),
        "nostrictatime": AttributeChange(false, .strictAccessTime),
        "relatime": AttributeChange(true, []), "norelatime": AttributeChange(true, .strictAccessTime),
        "nodiratime": AttributeChange(true, .noDirectoryAccessTime),
        "diratime": AttributeChange(false, .noDirectoryAccessTime),
        "nosymfollow": AttributeChange(true, .noFollowSymlinks), "symfollow": AttributeChange(false, .noFollowSymlinks),
    ]

    private static let propagations: [String: (Propagation, Bool)] = [
        "shared": (.shared, false), "slave": (.slave, false), "private": (.private, false),
        "unbindable": (.unbindable, false), "rshared": (.shared, true), "rslave": (.slave, true),
        "rprivate": (.private, true), "runbindable": (.unbindable, true),
    ]
}
