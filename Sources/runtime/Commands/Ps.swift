internal import Kernel
internal import Libcontainer

let psCommand = Command(
    name: "ps", summary: "list the processes of a container",
    examples: ["ps demo"],
    arguments: "CONTAINER [OPTIONS OF ps(1)]",
    words: 1...Int.max,
    options: [.value("format", "f", "FORMAT", "\"table\", of the host's ps(1), or \"json\", numbers only (table)")],
    areMixed: false
) { (options, global) throws(Failure) in
    let format = try ListFormat(options)
    let pids = try container { () throws(ContainerError) in
        try Container.load(id: options.id, stateRoot: global.stateRoot).pids()
    }
    switch format {
    case .json where pids.isEmpty: Output.print("null\n")
    case .json: Output.print("[" + pids.map { "\($0)" }.joined(separator: ",") + "]\n")
    case .table:
        let chosen = options.words.count > 1 ? Array(options.words.dropFirst()) : ["-ef"]
        Output.print(try processTable(chosen, of: Set(pids)))
    }
    return 0
}

/// The lines of the host's ps(1) that tell of the processes, with its header.
private func processTable(_ arguments: [String], of pids: Set<Int32>) throws(Failure) -> String {
    let text = try hostOutput(of: "ps", arguments)
    let lines = text.split(separator: "\n")
    guard let header = lines.first,
        let column = header.split(separator: " ").firstIndex(of: "PID")
    else { throw Failure.refused("ps: expected a column \"PID\" among those that its options choose") }
    let kept = lines.dropFirst().filter { line in
        let words = line.split(separator: " ")
        return words.count > column && Int32(words[column]).map(pids.contains) == true
    }
    return ([header] + kept).map { $0 + "\n" }.joined()
}

/// What a program of the host, found on the PATH, prints.
func hostOutput(of name: String, _ arguments: [String]) throws(Failure) -> String {
    guard let path = HostProgram.find(name) else {
        throw Failure.refused("\"\(name)\" is not on the PATH; install it to use this command")
    }
    return try system("run \(name)") { () throws(SystemCallError) in
        let output = try FileDescriptor.memoryFile("output")
        let null = try FileDescriptor.open("/dev/null", .readOnly)
        let process = try HostProgram.spawn(
            path, arguments: [name] + arguments, environment: environment(),
            descriptors: [null.rawValue, output.rawValue, 2], session: false)
        let exit = try ChildExit.wait(for: process)
        guard exit.status == 0 else { throw SystemCallError(name, errno: .inputOutput) }
        try output.seek(to: 0)
        return String(decoding: try output.readAll(limit: 64 << 20), as: UTF8.self)
    }
}
