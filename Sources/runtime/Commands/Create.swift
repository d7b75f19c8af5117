internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

let createCommand = Command(
    name: "create", summary: "make a container, up to the start of its program",
    examples: ["create --bundle ./bundle demo"],
    options: Bundle.options,
    entersContainer: true
) { (options, global) throws(Failure) in
    let passed = try PassedDescriptors(options, withSockets: true)
    var bundle = try Bundle(options)
    bundle.spec.process?.env += passed.environment
    var settings = bundle.containerOptions(options, global)
    settings.startsFromOtherProcesses = true
    let io = try Console.io(bundle.spec.process, options, passed, isDetached: true)
    var made = try container { () throws(ContainerError) in try Container.create(bundle.spec, settings, io: io) }
    do throws(Failure) {
        _ = try Console.send(made.takeTerminal(), options)
        try Console.send(processDescriptor: made.pidfd, options)
        try Console.writePIDFile(made.pid, options)
    } catch {
        _ = try? made.delete(force: true)
        throw error
    }
    global.log.debug("create: the process of container \"\(made.id)\" is \(made.pid)")
    return 0
}
