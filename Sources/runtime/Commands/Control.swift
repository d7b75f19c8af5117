internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

let pauseCommand = Command(
    name: "pause", summary: "freeze all processes of a container", options: []
) { (options, global) throws(Failure) in
    let id = try options.id()
    try container { () throws(ContainerError) in try Container.load(id: id, stateRoot: global.stateRoot).pause() }
    return 0
}

let resumeCommand = Command(
    name: "resume", summary: "let a paused container go on", options: []
) { (options, global) throws(Failure) in
    let id = try options.id()
    try container { () throws(ContainerError) in try Container.load(id: id, stateRoot: global.stateRoot).resume() }
    return 0
}

let psCommand = Command(
    name: "ps", summary: "list the processes of a container", options: [.value("format", "f")]
) { (options, global) throws(Failure) in
    let id = try options.id()
    let pids = try container { () throws(ContainerError) in
        try Container.load(id: id, stateRoot: global.stateRoot).pids()
    }
    let json = options["format"] == "json"
    Output.print(
        json ? "[" + pids.map { "\($0)" }.joined(separator: ",") + "]\n" : pids.map { "\($0)\n" }.joined())
    return 0
}

let updateCommand = Command(
    name: "update", summary: "change a container's limits", options: [.value("resources", "r")]
) { (options, global) throws(Failure) in
    let id = try options.id()
    guard let path = options["resources"] else {
        throw Failure.usage("expected --resources FILE, with the JSON of linux.resources")
    }
    let bytes = try system("read resources") { () throws(SystemCallError) in
        try SmallFile.read(path == "-" ? "/dev/stdin" : path)
    }
    let resources: Resources
    do {
        resources = try bytes.withUnsafeBytes { (buffer) throws(SpecError) in try Resources(parsing: buffer) }
    } catch {
        throw Failure.usage("\(path): \(error)")
    }
    try container { () throws(ContainerError) in
        try Container.load(id: id, stateRoot: global.stateRoot).update(resources)
    }
    return 0
}
