internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

let createCommand = Command(
    name: "create", summary: "make a container, up to the start of its program", options: Bundle.options,
    entersContainer: true
) { (options, global) throws(Failure) in
    let bundle = try Bundle(options)
    var settings = try bundle.containerOptions(options, global)
    settings.startsFromOtherProcesses = true
    let io = try Console.io(bundle.spec.process, options, isDetached: true)
    var made = try container { () throws(ContainerError) in try Container.create(bundle.spec, settings, io: io) }
    do throws(Failure) {
        try Console.send(made.takeTerminal(), options)
        try Console.writePIDFile(made.pid, options)
    } catch {
        _ = try? made.delete(force: true)
        throw error
    }
    return 0
}
