internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

/// A directory with a config.json.
struct Bundle {
    let path: String
    var spec: Spec

    init(_ options: Options) throws(Failure) {
        path = try GlobalOptions.absolute(options["bundle"] ?? ".")
        spec = try Document.read(path + "/config.json") { (buffer) throws(SpecError) in try Spec(parsing: buffer) }
    }

    static let options: [Option] =
        [
            .value("bundle", "b", "DIR", "the bundle's directory (the working directory)"),
            .flag("no-pivot", nil, "do not use pivot_root(2), which a root on a ramdisk refuses"),
            .flag("no-new-keyring", nil, "leave the caller's session keyring in place"),
        ] + Console.options + PassedDescriptors.options

    func containerOptions(_ options: Options, _ global: GlobalOptions) -> ContainerOptions {
        var result = ContainerOptions(id: options.id, bundle: path, stateRoot: global.stateRoot)
        result.noPivot = options.has("no-pivot")
        result.noNewKeyring = options.has("no-new-keyring")
        // Below the root, by a name that is no container's.
        result.filterCache = global.stateRoot + "/filters~"
        result.systemdCgroup = global.systemdCgroup
        result.mayLackCgroups = global.mayLackCgroups
        return result
    }
}
