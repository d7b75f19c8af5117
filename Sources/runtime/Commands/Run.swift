internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

let runCommand = Command(
    name: "run", summary: "create and start a container, and wait for it",
    options: Bundle.options + [.flag("detach", "d"), .flag("keep")], entersContainer: true
) { (options, global) throws(Failure) in
    let bundle = try Bundle(options)
    let settings = try bundle.containerOptions(options, global)
    let isDetached = options.has("detach")
    let io = try Console.io(bundle.spec.process, options, isDetached: isDetached)
    let foreground = try Foreground()
    var made = try container { () throws(ContainerError) in try Container.create(bundle.spec, settings, io: io) }
    do throws(Failure) {
        try Console.send(made.takeTerminal(), options)
        try Console.writePIDFile(made.pid, options)
        try container { () throws(ContainerError) in try made.start() }
    } catch {
        _ = try? made.delete(force: true)
        throw error
    }
    if isDetached { return 0 }
    let code = try foreground.wait(for: made.pid, made.pidfd)
    if !options.has("keep") {
        Output.warn(try container { () throws(ContainerError) in try made.delete(force: true) })
    }
    return code
}
