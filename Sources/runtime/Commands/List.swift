internal import Libcontainer
internal import RuntimeSpec

let listCommand = Command(
    name: "list", summary: "list the containers below the root", options: [.value("format", "f"), .flag("quiet", "q")]
) { (options, global) throws(Failure) in
    var found: [ListedContainer] = []
    for id in try container({ () throws(ContainerError) in try Container.list(stateRoot: global.stateRoot) }).sorted() {
        // One that goes away meanwhile, or is not complete yet, is none to list.
        let entry = try? container { () throws(ContainerError) in
            let one = try Container.load(id: id, stateRoot: global.stateRoot)
            return ListedContainer(try one.specState(), rootfs: one.rootfs, created: one.created)
        }
        if let entry { found.append(entry) }
    }
    if options.has("quiet") {
        for entry in found { Output.print(entry.id + "\n") }
    } else if options["format"] == "json" {
        Output.print(String(decoding: JSONWriter.bytes(of: found), as: UTF8.self) + "\n")
    } else {
        let rows =
            [["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]]
            + found.map {
                [$0.id, "\($0.pid)", $0.status, $0.bundle, $0.created, $0.owner.isEmpty ? "root" : $0.owner]
            }
        Output.print(table(rows))
    }
    return 0
}

private func table(_ rows: [[String]]) -> String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
        row.enumerated().map { index, cell in
            index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count + 3)
        }.joined() + "\n"
    }.joined()
}
