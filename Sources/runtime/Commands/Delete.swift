internal import Libcontainer

let deleteCommand = Command(
    name: "delete", summary: "remove a container that has stopped",
    examples: ["delete demo", "delete --force demo"],
    options: [.flag("force", "f", "also one that runs, by SIGKILL, and one that is gone already")]
) { (options, global) throws(Failure) in
    let id = options.id
    let isForced = options.has("force")
    do throws(Failure) {
        global.log.warn(
            try container { () throws(ContainerError) in
                var found = try Container.load(id: id, stateRoot: global.stateRoot)
                return try found.delete(force: isForced)
            })
    } catch {
        if isForced, case .container(let cause) = error, cause.code == .notFound { return 0 }
        throw error
    }
    return 0
}
