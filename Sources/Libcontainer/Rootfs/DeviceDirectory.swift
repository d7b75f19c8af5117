internal import Kernel
internal import RuntimeSpec

/// The devices and links that every container's /dev has. See the runtime specification, "Default Devices" and
/// "Default Filesystems".
enum DeviceDirectory {
    private static let defaults: [(name: String, minor: UInt32, major: UInt32)] = [
        ("null", 3, 1), ("zero", 5, 1), ("full", 7, 1), ("random", 8, 1), ("urandom", 9, 1), ("tty", 0, 5),
    ]

    private static let links: [(name: String, target: String)] = [
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"),
    ]

    static func populate(
        _ root: borrowing RootDirectory, devices: [LinuxDevice], bindsHostNodes: Bool
    ) throws(SetupFailure) {
        // A link in place of /dev would have devices made wherever it leads.
        let directory = try during(.device, "/dev") { () throws(SystemCallError) in
            try root.makeDirectories("/dev", followingLinks: false)
        }
        let configured = Set(devices.map { RootDirectory.clean($0.path) })
        for (name, minor, major) in defaults where !configured.contains("/dev/" + name) {
            let device = Node(mode: 0o020666, major: major, minor: minor, uid: 0, gid: 0)
            try during(.device, "/dev/" + name) { () throws(SystemCallError) in
                try device.make(name, in: directory.rawValue, byBinding: bindsHostNodes ? "/dev/" + name : nil)
            }
        }
        for device in devices {
            try during(.device, device.path) { () throws(SystemCallError) in
                let (place, name) = try root.makeParent(of: RootDirectory.clean(device.path)).parts()
                defer { _ = FileDescriptor(owning: place) }
                try Node(device).make(
                    name, in: place, byBinding: bindsHostNodes && device.type != .fifo ? device.path : nil)
            }
        }
        for (name, target) in links {
            try during(.deviceLink, "/dev/" + name) { () throws(SystemCallError) in
                try link(name, to: target, in: directory.rawValue)
            }
        }
    }

    /// A link that says the same already is fine; "ptmx" as an image's device node gives way to the container's own.
    private static func link(_ name: String, to target: String, in directory: Int32) throws(SystemCallError) {
        do {
            try makeSymbolicLink(name, in: directory, to: target)
        } catch {
            guard error.errno == .exists else { throw error }
            if name != "ptmx" {
                guard try FileStatus(entry: name, of: directory).kind != .symbolicLink else { return }
                throw error
            }
            try removeFile(name, in: directory)
            try makeSymbolicLink(name, in: directory, to: target)
        }
    }

    /// A device node, and whom it belongs to.
    struct Node {
        let mode: UInt32
        let major: UInt32
        let minor: UInt32
        let uid: UInt32
        let gid: UInt32

        init(mode: UInt32, major: UInt32, minor: UInt32, uid: UInt32, gid: UInt32) {
            self.mode = mode
            self.major = major
            self.minor = minor
            self.uid = uid
            self.gid = gid
        }

        init(_ device: LinuxDevice) {
            let type: UInt32
            switch device.type {
            case .character, .unbufferedCharacter: type = 0o020000
            case .block: type = 0o060000
            case .fifo: type = 0o010000
            }
            mode = type | (device.fileMode ?? 0o666) & 0o7777
            major = UInt32(clamping: device.major)
            minor = UInt32(clamping: device.minor)
            uid = device.uid ?? 0
            gid = device.gid ?? 0
        }

        /// Makes the node, or shows the host's by a bind mount where mknod(2) is not allowed. A node that exists
        /// already must be the same device.
        func make(_ name: String, in directory: Int32, byBinding host: String?) throws(SystemCallError) {
            if let host { return try bind(host, onto: name, in: directory) }
            do {
                try makeNode(name, in: directory, mode: mode, major: major, minor: minor)
            } catch {
                guard error.errno == .exists else { throw error }
                let status = try FileStatus(entry: name, of: directory)
                let isSame = status.mode & 0o170000 == mode & 0o170000 && status.major == major && status.minor == minor
                guard isSame else { throw error }
                return
            }
            if uid != 0 || gid != 0 {
                let node = try FileDescriptor.open(
                    name, resolving: [.beneath, .noSymlinks], relativeTo: directory, .pathOnly)
                try changeOwner(of: node.rawValue, uid: uid, gid: gid)
            }
        }

        private func bind(_ host: String, onto name: String, in directory: Int32) throws(SystemCallError) {
            do {
                try makeNode(name, in: directory, mode: 0o100666)
            } catch {
                guard error.errno == .exists else { throw error }
            }
            let target = try FileDescriptor.open(
                name, resolving: [.beneath, .noSymlinks, .noMagicLinks], relativeTo: directory, .pathOnly)
            let copy = try cloneMount(host, recursive: false)
            let status = try FileStatus(of: copy.rawValue)
            guard status.major == major, status.minor == minor else {
                throw SystemCallError("open_tree", on: host, errno: .noDevice)
            }
            try attachMount(copy.rawValue, onto: target.rawValue)
        }
    }
}
