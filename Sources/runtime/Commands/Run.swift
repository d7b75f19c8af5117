internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

let runCommand = Command(
    name: "run", summary: "create and start a container, and wait for it",
    examples: ["run --bundle ./bundle demo", "run --detach --pid-file demo.pid --bundle ./bundle demo"],
    options: Bundle.options + [
        .flag("detach", "d", "leave the container running"),
        .flag("keep", nil, "do not delete the container when it has ended"),
        .flag("no-subreaper", nil, "do not adopt and reap the container's orphans"),
    ], entersContainer: true
) { (options, global) throws(Failure) in
    let passed = try PassedDescriptors(options, withSockets: true)
    var bundle = try Bundle(options)
    bundle.spec.process?.env += passed.environment
    let settings = bundle.containerOptions(options, global)
    let isDetached = options.has("detach")
    let io = try Console.io(bundle.spec.process, options, passed, isDetached: isDetached)
    let foreground = try Foreground(adopts: !isDetached && !options.has("no-subreaper"))
    var made = try container { () throws(ContainerError) in try Container.create(bundle.spec, settings, io: io) }
    let terminal = try start(&made, options)
    if isDetached { return 0 }
    let code = try foreground.wait(for: made.pid, made.pidfd, terminal: terminal)
    if !options.has("keep") {
        global.log.warn(try container { () throws(ContainerError) in try made.delete(force: true) })
    }
    return code
}

/// Answers the terminal that is to be relayed. A container that cannot be started is gone.
private func start(_ made: inout Container, _ options: Options) throws(Failure) -> FileDescriptor? {
    do throws(Failure) {
        let terminal = try Console.send(made.takeTerminal(), options)
        try Console.send(processDescriptor: made.pidfd, options)
        try Console.writePIDFile(made.pid, options)
        try container { () throws(ContainerError) in try made.start() }
        return terminal
    } catch {
        _ = try? made.delete(force: true)
        throw error
    }
}
