internal import Kernel
internal import Libcontainer

let killCommand = Command(
    name: "kill", summary: "send a signal to a container", options: [.flag("all", "a")]
) { (options, global) throws(Failure) in
    let id = try options.id()
    let text = options.words.dropFirst().first ?? "TERM"
    guard let signal = SignalNumber.parse(text) else { throw Failure.usage("unknown signal \"\(text)\"") }
    try container { () throws(ContainerError) in
        try Container.load(id: id, stateRoot: global.stateRoot).kill(signal: signal, all: options.has("all"))
    }
    return 0
}
