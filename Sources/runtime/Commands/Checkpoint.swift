internal import Libcontainer
internal import RuntimeSpec

let checkpointCommand = Command(
    name: "checkpoint", summary: "write a running container's state to a directory, and stop it",
    examples: ["checkpoint --image-path /var/tmp/demo demo"],
    options: CheckpointOptions.common + [
        .value("parent-path", nil, "DIR", "the images of an earlier checkpoint, as a path from the new ones"),
        .flag("leave-running", nil, "do not stop the container"),
        .flag("pre-dump", nil, "write the memory only, and leave the container running"),
        .value("page-server", nil, "ADDRESS:PORT", "the server that memory is sent to"),
        .value("status-fd", nil, "N", "the descriptor that gets a zero byte when --lazy-pages can be served"),
    ]
) { (options, global) throws(Failure) in
    var wanted = try CheckpointOptions(options, global)
    wanted.parentPath = options["parent-path"]
    wanted.leavesRunning = options.has("leave-running")
    wanted.preDump = options.has("pre-dump")
    if let text = options["page-server"] { wanted.pageServer = try pageServer(text) }
    if let number = try usage({ () throws(UsageError) in try options.number("status-fd") }) {
        wanted.statusDescriptor = Int32(clamping: number)
    }
    if let parent = wanted.parentPath, parent.hasPrefix("/") {
        throw Failure.usage("option \"--parent-path\": expected a path from --image-path, found \"\(parent)\"")
    }
    let found = try container { () throws(ContainerError) in
        try Container.load(id: options.id, stateRoot: global.stateRoot)
    }
    let spec = try Document.read(found.bundle + "/config.json") { (buffer) throws(SpecError) in
        try Spec(parsing: buffer)
    }
    try container { () throws(ContainerError) in try found.checkpoint(spec, wanted) }
    return 0
}

private func pageServer(_ text: String) throws(Failure) -> (address: String, port: Int32) {
    guard let colon = text.lastIndex(of: ":"), colon != text.startIndex,
        let port = UInt16(text[text.index(after: colon)...]), port > 0
    else { throw Failure.usage("option \"--page-server\": expected ADDRESS:PORT, found \"\(text)\"") }
    return (String(text[..<colon]), Int32(port))
}
