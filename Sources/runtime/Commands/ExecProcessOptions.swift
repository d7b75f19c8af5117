internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

/// The options of `exec` that say what the process is.
enum ExecProcessOptions {
    static let table: [Option] = [
        .value("process", "p", "FILE", "the JSON of a process, as in config.json; other options are ignored"),
        .value("cwd", nil, "DIR", "the working directory"),
        .value("env", "e", "NAME=VALUE", "a variable beside the container's own; may be repeated"),
        .flag("tty", "t", "with a terminal of its own"),
        .value("user", "u", "UID[:GID]", "the user, by number"),
        .value("additional-gids", "g", "GID", "a further group; may be repeated"),
        .value("process-label", nil, "LABEL", "the SELinux label"),
        .value("apparmor", nil, "PROFILE", "the AppArmor profile"),
        .flag("no-new-privs", nil, "forbid new privileges"),
        .value("cap", "c", "CAPABILITY", "a further capability; may be repeated"),
    ]

    /// From a file, or the container's own process with what the options change.
    static func process(_ options: Options, bundle: String) throws(Failure) -> ProcessSpec {
        if let path = options["process"] {
            return try Document.read(path) { (buffer) throws(SpecError) in try ProcessSpec(parsing: buffer) }
        }
        let spec = try Document.read(bundle + "/config.json") { (buffer) throws(SpecError) in
            try Spec(parsing: buffer)
        }
        guard options.words.count > 1 else {
            throw Failure.refused("exec: expected a command after the container, or --process")
        }
        var process = spec.process ?? ProcessSpec()
        process.args = Array(options.words.dropFirst())
        process.terminal = options.has("tty")
        process.env += options.all("env")
        if let cwd = options["cwd"] { process.cwd = cwd }
        if let user = options["user"] { process.user = try parseUser(user, process.user) }
        if let label = options["process-label"] { process.selinuxLabel = label }
        if let profile = options["apparmor"] { process.apparmorProfile = profile }
        if options.has("no-new-privs") { process.noNewPrivileges = true }
        for group in options.all("additional-gids") {
            guard let number = UInt32(group) else {
                throw Failure.refused("option \"--additional-gids\": expected a number, found \"\(group)\"")
            }
            process.user.additionalGids.append(number)
        }
        addCapabilities(options.all("cap"), to: &process)
        return process
    }

    /// `UID[:GID]`, numbers only, as with runc: a name would have to be looked up in the container.
    private static func parseUser(_ text: String, _ user: User) throws(Failure) -> User {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var user = user
        guard parts.count <= 2, let uid = number(parts[0]) else {
            throw Failure.refused("option \"--user\": expected UID[:GID], found \"\(text)\"")
        }
        user.uid = uid
        if parts.count == 2 {
            guard let gid = number(parts[1]) else {
                throw Failure.refused("option \"--user\": expected UID[:GID], found \"\(text)\"")
            }
            user.gid = gid
        }
        return user
    }

    /// Digits only: Swift would take a sign as well. The largest number stands for none, see setresuid(2).
    private static func number(_ text: Substring) -> UInt32? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let id = UInt32(text),
            id != .max
        else { return nil }
        return id
    }

    /// To all sets but the inheritable one, without which no ambient ones can be; as runc.
    private static func addCapabilities(_ names: [String], to process: inout ProcessSpec) {
        guard !names.isEmpty else { return }
        var sets = process.capabilities ?? CapabilitySets()
        for name in names {
            if !sets.bounding.contains(name) { sets.bounding.append(name) }
            if !sets.effective.contains(name) { sets.effective.append(name) }
            if !sets.permitted.contains(name) { sets.permitted.append(name) }
        }
        process.capabilities = sets
    }
}
