internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

let restoreCommand = Command(
    name: "restore", summary: "make a container from a checkpoint, and wait for it",
    examples: ["restore --image-path /var/tmp/demo --detach demo"],
    options: CheckpointOptions.common + [
        .value("bundle", "b", "DIR", "the bundle's directory (the working directory)"),
        .value("console-socket", nil, "SOCKET", "where the terminal's master is sent"),
        .value("pid-file", nil, "FILE", "where the process's number is written"),
        .flag("detach", "d", "leave the container running"),
        .flag("no-subreaper", nil, "do not adopt and reap the container's orphans"),
        .flag("no-pivot", nil, "of no effect: criu sets the root"),
        .value("lsm-profile", nil, "TYPE:NAME", "the AppArmor profile or SELinux label to restore under"),
        .value("lsm-mount-context", nil, "CONTEXT", "the SELinux context to mount with"),
    ]
) { (options, global) throws(Failure) in
    var wanted = try CheckpointOptions(options, global)
    wanted.lsmProfile = options["lsm-profile"]
    wanted.lsmMountContext = options["lsm-mount-context"]
    let bundle = try Bundle(options)
    let settings = bundle.containerOptions(options, global)
    let isDetached = options.has("detach")
    let io = try Console.io(
        bundle.spec.process, options, PassedDescriptors(options, withSockets: false), isDetached: isDetached)
    let foreground = try Foreground(adopts: !isDetached && !options.has("no-subreaper"))
    var made = try container { () throws(ContainerError) in
        try Container.restore(bundle.spec, settings, wanted, io: io)
    }
    let terminal = try handOver(&made, options)
    if isDetached { return 0 }
    let code = try foreground.wait(for: made.pid, made.pidfd, terminal: terminal)
    global.log.warn(try container { () throws(ContainerError) in try made.delete(force: true) })
    return code
}

/// Answers the terminal that is to be relayed. A container that nobody can be told of is gone.
private func handOver(_ made: inout Container, _ options: Options) throws(Failure) -> FileDescriptor? {
    do throws(Failure) {
        let terminal = try Console.send(made.takeTerminal(), options)
        try Console.writePIDFile(made.pid, options)
        return terminal
    } catch {
        _ = try? made.delete(force: true)
        throw error
    }
}
