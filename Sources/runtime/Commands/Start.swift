internal import Libcontainer

let startCommand = Command(
    name: "start", summary: "start the program of a container that was created",
    examples: ["start demo"],
    options: []
) { (options, global) throws(Failure) in
    try container { () throws(ContainerError) in
        var found = try Container.load(id: options.id, stateRoot: global.stateRoot)
        try found.start()
    }
    return 0
}
