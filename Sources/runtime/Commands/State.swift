internal import Libcontainer
internal import RuntimeSpec

let stateCommand = Command(
    name: "state", summary: "print a container's state as JSON",
    examples: ["state demo"],
    options: []
) { (options, global) throws(Failure) in
    let state = try container { () throws(ContainerError) in
        let found = try Container.load(id: options.id, stateRoot: global.stateRoot)
        return ListedContainer(try found.specState(), rootfs: found.rootfs, created: found.created)
    }
    Output.print(String(decoding: JSONWriter.bytes(of: state, layout: .indented), as: UTF8.self) + "\n")
    return 0
}

/// A container's state with what runc adds to it for its callers.
struct ListedContainer: JSONRecord {
    var ociVersion = ""
    var id = ""
    var pid: Int32 = 0
    var status = ""
    var bundle = ""
    var rootfs = ""
    var created = ""
    var owner = ""
    var annotations: [String: String] = [:]

    init() {}

    init(_ state: State, rootfs: String, created: Int64) {
        ociVersion = state.ociVersion
        id = state.id
        pid = state.pid ?? 0
        status = state.status.rawValue
        bundle = state.bundle
        self.rootfs = rootfs
        self.created = Log.timestamp(of: created)
        annotations = state.annotations
    }

    mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("ociVersion", &ociVersion)
        try json.required("id", &id)
        try json.required("pid", &pid)
        try json.required("status", &status)
        try json.required("bundle", &bundle)
        try json.required("rootfs", &rootfs)
        try json.required("created", &created)
        try json.field("annotations", &annotations)
        try json.required("owner", &owner)
    }
}
