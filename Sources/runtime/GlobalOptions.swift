internal import Kernel

/// What stands before the command's name, and is told to every command.
struct GlobalOptions {
    static let table: [Option] = [
        .value("root", nil, "DIR", "where the state of containers is kept (\"\(systemRoot)\")"),
        .value("log", nil, "FILE", "where errors are appended (standard error)"),
        .value("log-format", nil, "FORMAT", "\"text\" or \"json\" (text)"),
        .flag("debug", nil, "log what is done, too"),
        .flag("systemd-cgroup", nil, "have systemd make the cgroups, named slice:prefix:name"),
        .value(
            "rootless", nil, "WHETHER",
            "do without cgroups that may not be made, unless limits are set: \"true\", \"false\" or \"auto\", if not root"
                + " (auto)"),
        .value("criu", nil, "FILE", "the criu that checkpoints and restores (criu)"),
        .flag("help", "h", "print this"),
        .flag("version", "v", "print the version"),
    ]

    private static let systemRoot = "/run/berth/runtime"

    /// Absolute.
    let stateRoot: String
    let systemdCgroup: Bool
    /// What `--rootless` says of containers without cgroups; nil leaves it to who the caller is.
    let mayLackCgroups: Bool?
    let criu: String
    let log: Log

    init(_ options: Options, log: Log) throws(Failure) {
        self.log = log
        systemdCgroup = options.has("systemd-cgroup")
        criu = options["criu"] ?? "criu"
        switch options["rootless"] ?? "auto" {
        case "auto": mayLackCgroups = nil
        case "1", "t", "T", "true", "TRUE", "True": mayLackCgroups = true
        case "0", "f", "F", "false", "FALSE", "False": mayLackCgroups = false
        case let text:
            throw Failure.usage("option \"--rootless\": expected true, false or auto, found \"\(text)\"")
        }
        stateRoot = try Self.absolute(options["root"] ?? Self.defaultRoot)
    }

    /// As runc: that of the user's own session, for those who may not write to the system's.
    private static var defaultRoot: String {
        guard effectiveUser() != 0 else { return systemRoot }
        let prefix = "XDG_RUNTIME_DIR="
        guard let own = environment().last(where: { $0.hasPrefix(prefix) }), own != prefix else { return systemRoot }
        return own.dropFirst(prefix.count) + "/berth/runtime"
    }

    /// A path that means the same in every directory.
    static func absolute(_ path: String) throws(Failure) -> String {
        guard !path.hasPrefix("/") else { return path }
        let parts = path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
        return try system("working directory") { () throws(SystemCallError) in
            let directory = try workingDirectoryPath()
            return parts.isEmpty ? directory : (directory == "/" ? "" : directory) + "/" + parts
        }
    }
}
