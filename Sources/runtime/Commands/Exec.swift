internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

let execCommand = Command(
    name: "exec", summary: "start a further process in a running container",
    examples: ["exec demo ps", "exec --tty demo sh"],
    arguments: "CONTAINER COMMAND [ARGUMENTS]", words: 1...Int.max,
    options: ExecProcessOptions.table + Console.options + PassedDescriptors.options + [
        .flag("detach", "d", "do not wait for the process"),
        .value("cgroup", nil, "[CONTROLLER:]CGROUP", "a cgroup below the container's to run in; may be repeated"),
        .flag("ignore-paused", nil, "also in a paused container"),
    ], areMixed: false, entersContainer: true, failureCode: 255
) { (options, global) throws(Failure) in
    let passed = try PassedDescriptors(options, withSockets: false)
    let found = try container { () throws(ContainerError) in
        try Container.load(id: options.id, stateRoot: global.stateRoot)
    }
    let process = try ExecProcessOptions.process(options, bundle: found.bundle)
    let isDetached = options.has("detach")
    let io = try Console.io(process, options, passed, isDetached: isDetached)
    var settings = ExecOptions()
    settings.ignoresPause = options.has("ignore-paused")
    settings.subgroups = try subgroups(options.all("cgroup"))
    let foreground = try Foreground(adopts: false)
    var started = try container { () throws(ContainerError) in
        try found.exec(process, io: io, options: settings)
    }
    let terminal = try announce(&started, options)
    if isDetached { return 0 }
    return try foreground.wait(for: started.pid, started.pidfd.rawValue, terminal: terminal)
}

/// Answers the terminal that is to be relayed. A process that nobody can be told of is ended.
private func announce(_ started: inout ContainerProcess, _ options: Options) throws(Failure) -> FileDescriptor? {
    do throws(Failure) {
        let terminal = try Console.send(started.takeTerminal(), options)
        try Console.send(processDescriptor: started.pidfd.rawValue, options)
        try Console.writePIDFile(started.pid, options)
        return terminal
    } catch {
        try? sendSignal(SignalNumber.kill, to: started.pidfd.rawValue)
        throw error
    }
}

/// `[CONTROLLER,...:]CGROUP`: by controller; one without controllers, for all of them, stands alone.
private func subgroups(_ arguments: [String]) throws(Failure) -> [String: String] {
    var paths: [String: String] = [:]
    for argument in arguments {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.count == 2 || arguments.count == 1 else {
            throw Failure.refused("invalid --cgroup argument \"\(argument)\": expected CONTROLLER:CGROUP")
        }
        if parts.count == 1 {
            paths[""] = argument
        } else {
            for controller in parts[0].split(separator: ",") { paths[String(controller)] = String(parts[1]) }
        }
    }
    return paths
}
