internal import Libcontainer
internal import RuntimeSpec

let pauseCommand = Command(
    name: "pause", summary: "freeze all processes of a container", examples: ["pause demo"], options: []
) { (options, global) throws(Failure) in
    try container { () throws(ContainerError) in
        let found = try Container.load(id: options.id, stateRoot: global.stateRoot)
        guard try found.status() != .paused else {
            throw ContainerError(.failedPrecondition, "container \"\(found.id)\" is paused: container not running")
        }
        try found.pause()
    }
    return 0
}

let resumeCommand = Command(
    name: "resume", summary: "let a paused container go on", examples: ["resume demo"], options: []
) { (options, global) throws(Failure) in
    try container { () throws(ContainerError) in
        let found = try Container.load(id: options.id, stateRoot: global.stateRoot)
        let status = try found.status()
        guard status == .paused else {
            throw ContainerError(
                .failedPrecondition, "container \"\(found.id)\" is \(status.rawValue): container not paused")
        }
        try found.resume()
    }
    return 0
}
