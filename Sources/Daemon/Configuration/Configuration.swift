/// What an administrator may set: the file `/etc/berth/config.toml`, overridden by the command line.
///
/// Every value has a default, so that an empty file is a valid one. `Setting.all` names each value's key, meaning
/// and place; the parser, the dump and the commented default are all made from that one table.
package struct Configuration: Hashable, Sendable {
    /// Where content, snapshots and the database live. One supervisor at a time.
    package var root = "/var/lib/berth"
    /// Where sockets, bundles and what else need not survive a reboot live. One supervisor at a time.
    package var state = "/run/berth"
    package var grpc = GRPC()
    package var ttrpc = TTRPC()
    package var log = Log()
    package var tasks = Tasks()
    package var snapshots = Snapshots()

    package struct GRPC: Hashable, Sendable {
        package var address = "/run/berth/berth.sock"
        /// Owner of the socket's file, whose mode is 0660.
        package var uid = 0
        package var gid = 0
        /// Bytes.
        package var maximumMessageSize = 16 << 20
    }

    package struct TTRPC: Hashable, Sendable {
        /// Empty: the gRPC address with `.ttrpc` behind it.
        package var address = ""
    }

    package struct Log: Hashable, Sendable {
        package var level = "info"
    }

    package struct Tasks: Hashable, Sendable {
        /// Empty: `containerd-shim-berth-v1` beside berthd, else in PATH.
        package var shim = ""
        /// Runtimes that Berth's own shim serves as well, because stock clients ask for them without a choice.
        package var replacedRuntimes = ["io.containerd.runc.v2"]
        /// Shims that wait ready for the containers to come.
        package var spareShims = 2
    }

    package struct Snapshots: Hashable, Sendable {
        /// For requests that name none, in namespaces whose labels name none. Empty: such requests are refused.
        package var defaultDriver = ""
    }

    package init() {}

    package static let defaultPath = "/etc/berth/config.toml"

    /// The address of the socket on which shims publish their events.
    package var shimAddress: String {
        ttrpc.address.isEmpty ? grpc.address + ".ttrpc" : ttrpc.address
    }
}
