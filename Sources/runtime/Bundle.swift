internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

/// A directory with a config.json.
struct Bundle {
    let path: String
    let spec: Spec

    init(_ options: Options) throws(Failure) {
        let wanted = options["bundle"] ?? "."
        path = try system("bundle") { () throws(SystemCallError) in
            wanted.hasPrefix("/") ? wanted : try workingDirectoryPath() + (wanted == "." ? "" : "/" + wanted)
        }
        let file = path + "/config.json"
        let bytes = try system("read configuration") { () throws(SystemCallError) in
            try SmallFile.read(file, limit: 16 << 20)
        }
        do {
            spec = try bytes.withUnsafeBytes { (buffer) throws(SpecError) in try Spec(parsing: buffer) }
        } catch {
            throw Failure.container(ContainerError(.invalidArgument, "\(file): \(error)"))
        }
    }

    static let options: [Option] = [
        .value("bundle", "b"), .value("console-socket"), .value("pid-file"), .flag("no-pivot"), .flag("no-new-keyring"),
        .value("preserve-fds"), .flag("no-subreaper"),
    ]

    func containerOptions(_ options: Options, _ global: GlobalOptions) throws(Failure) -> ContainerOptions {
        var result = ContainerOptions(id: try options.id(), bundle: path, stateRoot: global.stateRoot)
        result.noPivot = options.has("no-pivot")
        result.noNewKeyring = options.has("no-new-keyring")
        // Below the root, by a name that is no container's.
        result.filterCache = global.stateRoot + "/filters~"
        result.systemdCgroup = global.systemdCgroup
        return result
    }
}
