/// One key of the configuration file: its table, its name, what it means and which value it sets.
struct Setting: Sendable {
    enum Field: Sendable {
        case text(any WritableKeyPath<Configuration, String> & Sendable)
        case list(any WritableKeyPath<Configuration, [String]> & Sendable)
        case integer(any WritableKeyPath<Configuration, Int> & Sendable, ClosedRange<Int>)
    }

    /// Empty for keys above every table.
    let table: String
    let key: String
    let summary: String
    let field: Field

    /// As messages name it: `grpc.address`.
    var path: String { table.isEmpty ? key : "\(table).\(key)" }

    static let all: [Setting] = [
        Setting(
            table: "", key: "root", summary: "Where content, snapshots and the database live.",
            field: .text(\.root)),
        Setting(
            table: "", key: "state", summary: "Where sockets and running containers' bundles live; may be a tmpfs.",
            field: .text(\.state)),
        Setting(
            table: "grpc", key: "address", summary: "The socket that clients connect to.",
            field: .text(\.grpc.address)),
        Setting(
            table: "grpc", key: "uid", summary: "The user that owns the socket.",
            field: .integer(\.grpc.uid, 0...Int(UInt32.max) - 1)),
        Setting(
            table: "grpc", key: "gid", summary: "The group whose members may connect.",
            field: .integer(\.grpc.gid, 0...Int(UInt32.max) - 1)),
        Setting(
            table: "grpc", key: "max_message_size", summary: "The largest request, in bytes.",
            field: .integer(\.grpc.maximumMessageSize, 1 << 20...256 << 20)),
        Setting(
            table: "ttrpc", key: "address",
            summary: "The socket that shims publish events to; empty: grpc.address with \".ttrpc\" behind it.",
            field: .text(\.ttrpc.address)),
        Setting(
            table: "log", key: "level", summary: "trace, debug, info, warn or error.",
            field: .text(\.log.level)),
        Setting(
            table: "tasks", key: "shim",
            summary: "The shim's program; empty: containerd-shim-berth-v1 beside berthd, else in PATH.",
            field: .text(\.tasks.shim)),
        Setting(
            table: "tasks", key: "replaced_runtimes",
            summary: "Runtimes that Berth's own shim serves too, unless the options name a binary.",
            field: .list(\.tasks.replacedRuntimes)),
        Setting(
            table: "tasks", key: "spare_shims",
            summary: "How many shims wait ready for the containers to come; 0: each container starts its own.",
            field: .integer(\.tasks.spareShims, 0...64)),
        Setting(
            table: "snapshots", key: "default",
            summary: "The driver for requests that name none, such as overlayfs; empty: they are refused.",
            field: .text(\.snapshots.defaultDriver)),
    ]
}
