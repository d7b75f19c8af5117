internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

let listCommand = Command(
    name: "list", summary: "list the containers below the root",
    examples: ["list --format json"],
    arguments: "", words: 0...0,
    options: [
        .value("format", "f", "FORMAT", "\"table\" or \"json\" (table)"),
        .flag("quiet", "q", "print IDs only"),
    ]
) { (options, global) throws(Failure) in
    let format = try ListFormat(options)
    var found: [ListedContainer] = []
    for id in try container({ () throws(ContainerError) in try Container.list(stateRoot: global.stateRoot) }).sorted() {
        // One that goes away meanwhile, or is not complete yet, is none to list.
        let entry = try? container { () throws(ContainerError) in
            let one = try Container.load(id: id, stateRoot: global.stateRoot)
            return ListedContainer(try one.specState(), rootfs: one.rootfs, created: one.created)
        }
        guard var entry else { continue }
        entry.owner = owner(of: global.stateRoot + "/" + id)
        found.append(entry)
    }
    if options.has("quiet") {
        for entry in found { Output.print(entry.id + "\n") }
        return 0
    }
    switch format {
    case .json where found.isEmpty: Output.print("null\n")
    case .json: Output.print(String(decoding: JSONWriter.bytes(of: found), as: UTF8.self) + "\n")
    case .table:
        Output.print(
            Output.table(
                [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]]
                    + found.map { [$0.id, "\($0.pid)", $0.status, $0.bundle, $0.created, $0.owner] }))
    }
    return 0
}

/// How lists are printed.
enum ListFormat: String {
    case table
    case json

    init(_ options: Options) throws(Failure) {
        let text = options["format"] ?? "table"
        guard let format = ListFormat(rawValue: text) else {
            throw Failure.refused("invalid format option: expected table or json, found \"\(text)\"")
        }
        self = format
    }
}

/// The name of a directory's owner, or his number, as `#1000`, where he has none. See passwd(5).
private func owner(of path: String) -> String {
    guard let directory = try? FileDescriptor.open(path, [.readOnly, .directory]),
        let status = try? FileStatus(of: directory.rawValue)
    else { return "" }
    for line in ((try? SmallFile.text("/etc/passwd")) ?? "").split(separator: "\n") {
        let fields = line.split(separator: ":", omittingEmptySubsequences: false)
        if fields.count > 2, UInt32(fields[2]) == status.uid { return String(fields[0]) }
    }
    return "#\(status.uid)"
}
