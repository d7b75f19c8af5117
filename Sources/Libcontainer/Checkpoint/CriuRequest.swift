internal import RuntimeSpec

/// A request to criu. See `images/rpc.proto` of criu, `criu_req` and `criu_opts`.
struct CriuRequest {
    enum Kind: UInt64 {
        case dump = 1
        case restore = 2
        case preDump = 4
        case notify = 6
        case featureCheck = 9
        case version = 10

        /// As messages name it.
        var name: String {
            switch self {
            case .dump: "checkpoint"
            case .restore: "restore"
            case .preDump: "pre-dump"
            case .notify: "notification"
            case .featureCheck: "check of features"
            case .version: "question for the version"
            }
        }
    }

    var options: CheckpointOptions
    /// Numbers of this process's, which criu opens through /proc.
    var images: Int32
    var work: Int32?
    /// The root of the container's file systems.
    var root: String
    /// The container's init, for a checkpoint.
    var pid: Int32?
    var logFile: String
    var freezer: String?
    var configFile: String?
    /// Mounts that are no part of the container: what it sees, and what the images call it; for a restore what they call
    /// it, and where it is.
    var externalMounts: [(key: String, value: String)] = []
    var external: [String] = []
    /// Numbers of criu's own, by what the images call what they refer to.
    var inherited: [(key: String, descriptor: Int32)] = []
    var joined: [(kind: String, path: String)] = []
    /// Where tasks are put, by controller.
    var cgroupRoots: [(controllers: String, path: String)] = []

    private static let networkNamespace: UInt64 = 0x4000_0000
    /// Warnings and errors, and what was done.
    private static let logLevel: UInt64 = 4

    func encoded(_ kind: Kind) -> [UInt8] {
        var request = CriuMessage()
        request.number(1, kind.rawValue)
        request.message(2) { write(kind, &$0) }
        return request.bytes
    }

    static func version() -> [UInt8] {
        var request = CriuMessage()
        request.number(1, Kind.version.rawValue)
        return request.bytes
    }

    /// - Parameter feature: its number in `criu_features`.
    static func feature(_ feature: UInt64) -> [UInt8] {
        var request = CriuMessage()
        request.number(1, Kind.featureCheck.rawValue)
        request.message(5) { $0.flag(feature, true) }
        return request.bytes
    }

    static func notified(success: Bool) -> [UInt8] {
        var request = CriuMessage()
        request.number(1, Kind.notify.rawValue)
        request.number(3, UInt64(success ? 1 : 0))
        return request.bytes
    }

    private func write(_ kind: Kind, _ message: inout CriuMessage) {
        message.number(1, images)
        if let pid { message.number(2, pid) }
        message.flag(3, options.leavesRunning)
        message.flag(4, options.externalUnixSockets)
        message.flag(5, options.tcpEstablished)
        message.flag(6, kind == .restore)  // evasive_devices
        message.flag(7, options.shellJob)
        message.flag(8, options.fileLocks)
        message.number(9, Self.logLevel)
        message.text(10, logFile)
        if let server = options.pageServer {
            message.message(11) {
                $0.text(1, server.address)
                $0.number(2, server.port)
            }
        }
        message.flag(12, true)  // notify_scripts
        message.text(13, root)
        message.text(14, options.parentPath)
        message.flag(15, options.parentPath != nil)  // track_mem
        message.flag(16, options.autoDedup)
        if let work { message.number(17, work) }
        for mount in externalMounts {
            message.message(23) {
                $0.text(1, mount.key)
                $0.text(2, mount.value)
            }
        }
        message.flag(24, true)  // manage_cgroups, for those before the mode
        for root in cgroupRoots {
            message.message(25) {
                $0.text(1, root.controllers)
                $0.text(2, root.path)
            }
        }
        message.flag(26, kind == .restore)  // rst_sibling: init becomes this process's child
        for descriptor in inherited {
            message.message(27) {
                $0.text(1, descriptor.key)
                $0.number(2, descriptor.descriptor)
            }
        }
        message.number(34, cgroupsMode)
        for name in external { message.text(37, name) }
        if options.emptyNetwork { message.number(38, Self.networkNamespace) }
        for namespace in joined {
            message.message(39) {
                $0.text(1, namespace.kind)
                $0.text(2, namespace.path)
            }
        }
        message.text(44, freezer)
        message.flag(48, options.lazyPages)
        message.flag(50, true)  // orphan_pts_master
        message.text(51, configFile)
        message.text(53, options.lsmProfile)
        message.text(63, options.lsmMountContext)
    }

    /// Of `criu_cg_mode`.
    private var cgroupsMode: UInt64 {
        switch options.cgroupsMode {
        case .ignore?: 0
        case .soft?: 3
        case .full?: 4
        case .strict?: 5
        case nil: 6
        }
    }
}
