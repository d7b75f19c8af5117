internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

let execCommand = Command(
    name: "exec", summary: "start a further process in a running container",
    options: [
        .value("console-socket"), .value("pid-file"), .value("preserve-fds"), .value("process", "p"),
        .flag("detach", "d"),
        .flag("tty", "t"), .value("env", "e"), .value("cwd"), .value("user", "u"), .value("additional-gids", "g"),
        .value("cap", "c"), .flag("no-new-privs"), .flag("ignore-paused"),
    ], entersContainer: true
) { (options, global) throws(Failure) in
    let id = try options.id()
    let found = try container { () throws(ContainerError) in
        try Container.load(id: id, stateRoot: global.stateRoot)
    }
    let process = try processSpec(options, bundle: found.bundle)
    let isDetached = options.has("detach")
    let io = try Console.io(process, options, isDetached: isDetached)
    let foreground = try Foreground()
    var started = try container { () throws(ContainerError) in try found.exec(process, io: io) }
    try Console.send(started.takeTerminal(), options)
    try Console.writePIDFile(started.pid, options)
    if isDetached { return 0 }
    return try foreground.wait(for: started.pid, started.pidfd.rawValue)
}

/// From a file, or the container's own process with what the options change.
private func processSpec(_ options: Options, bundle: String) throws(Failure) -> ProcessSpec {
    if let path = options["process"] {
        let bytes = try system("read process") { () throws(SystemCallError) in
            try SmallFile.read(path, limit: 16 << 20)
        }
        do {
            return try bytes.withUnsafeBytes { (buffer) throws(SpecError) in try ProcessSpec(parsing: buffer) }
        } catch {
            throw Failure.usage("\(path): \(error)")
        }
    }
    let bytes = try system("read configuration") { () throws(SystemCallError) in
        try SmallFile.read(bundle + "/config.json", limit: 16 << 20)
    }
    var process: ProcessSpec
    do {
        process =
            try bytes.withUnsafeBytes { (buffer) throws(SpecError) in try Spec(parsing: buffer) }.process
            ?? ProcessSpec()
    } catch {
        throw Failure.usage("\(bundle)/config.json: \(error)")
    }
    process.args = Array(options.words.dropFirst())
    process.terminal = options.has("tty")
    process.env += options.all("env")
    if let cwd = options["cwd"] { process.cwd = cwd }
    if let user = options["user"] { process.user = try parseUser(user, process.user) }
    if options.has("no-new-privs") { process.noNewPrivileges = true }
    for group in options.all("additional-gids") {
        guard let number = UInt32(group) else {
            throw Failure.usage("--additional-gids: expected a number, found \"\(group)\"")
        }
        process.user.additionalGids.append(number)
    }
    addCapabilities(options.all("cap"), to: &process)
    return process
}

/// `UID[:GID]`, numbers only, as the specification's own: a name would have to be looked up in the container.
private func parseUser(_ text: String, _ user: User) throws(Failure) -> User {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var user = user
    guard parts.count <= 2, let uid = number(parts[0]) else {
        throw Failure.usage("--user: expected UID[:GID], found \"\(text)\"")
    }
    user.uid = uid
    if parts.count == 2 {
        guard let gid = number(parts[1]) else {
            throw Failure.usage("--user: expected UID[:GID], found \"\(text)\"")
        }
        user.gid = gid
    }
    return user
}

/// Digits only: Swift would take a sign as well. The largest number stands for none, see setresuid(2).
private func number(_ text: Substring) -> UInt32? {
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let id = UInt32(text),
        id != .max
    else { return nil }
    return id
}

private func addCapabilities(_ names: [String], to process: inout ProcessSpec) {
    guard !names.isEmpty else { return }
    var sets = process.capabilities ?? CapabilitySets()
    for name in names {
        if !sets.bounding.contains(name) { sets.bounding.append(name) }
        if !sets.effective.contains(name) { sets.effective.append(name) }
        if !sets.permitted.contains(name) { sets.permitted.append(name) }
    }
    process.capabilities = sets
}
