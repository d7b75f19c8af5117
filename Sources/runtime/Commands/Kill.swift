internal import Kernel
internal import Libcontainer

let killCommand = Command(
    name: "kill", summary: "send a signal to a container",
    examples: ["kill demo KILL"],
    arguments: "CONTAINER [SIGNAL]", words: 1...2,
    options: [.flag("all", "a", "to all processes of the container, not only the first")]
) { (options, global) throws(Failure) in
    let text = options.words.count > 1 ? options.words[1] : "TERM"
    guard let signal = SignalNumber.parse(text) else { throw Failure.refused("unknown signal \"\(text)\"") }
    try container { () throws(ContainerError) in
        try Container.load(id: options.id, stateRoot: global.stateRoot).kill(signal: signal, all: options.has("all"))
    }
    return 0
}
