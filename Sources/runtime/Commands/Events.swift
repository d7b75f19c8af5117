internal import Cgroups
internal import Kernel
internal import Libcontainer
internal import RuntimeSpec

let eventsCommand = Command(
    name: "events", summary: "print what a container uses, and when it runs out of memory",
    examples: ["events --stats demo"],
    options: [
        .value("interval", nil, "TIME", "between two looks (5s)"),
        .flag("stats", nil, "look once"),
    ]
) { (options, global) throws(Failure) in
    let text = options["interval"] ?? "5s"
    guard let interval = Quantities.milliseconds(text), interval > 0 else {
        throw Failure.refused("option \"--interval\": expected a time such as 5s, found \"\(text)\"")
    }
    let found = try container { () throws(ContainerError) in
        let found = try Container.load(id: options.id, stateRoot: global.stateRoot)
        try found.requireProcesses()
        return found
    }
    if options.has("stats") {
        try printStatistics(of: found)
    } else {
        try watch(found, interval)
    }
    return 0
}

private func printStatistics(of found: borrowing Container) throws(Failure) {
    let statistics = try container { () throws(ContainerError) in try found.statistics() }
    var event = StatisticsEvent()
    event.id = found.id
    event.data = EventStatistics(statistics, found.counters())
    Output.print(String(decoding: JSONWriter.bytes(of: event), as: UTF8.self) + "\n")
}

/// Prints until the container has ended.
private func watch(_ found: borrowing Container, _ interval: Int64) throws(Failure) {
    var notifier = try container { () throws(ContainerError) in try found.oomNotifier() }
    let memory: Int32
    switch notifier {
    case .some(let notifier): memory = notifier.descriptor.rawValue
    case .none: memory = -1
    }
    try printStatistics(of: found)
    var next = Clock.milliseconds() + interval
    // Version 1 tells of the want before it counts the process that it kills for it.
    var secondLook: Int64?
    while true {
        let pidfd = found.pidfd
        let wait = min(next, secondLook ?? next) - Clock.milliseconds()
        let ready = try system("wait") { () throws(SystemCallError) in
            try Poll.wait(
                [Poll.Interest(pidfd), Poll.Interest(memory, readable: memory >= 0)],
                milliseconds: Int32(clamping: max(0, wait)))
        }
        secondLook = ready[1].readable ? Clock.milliseconds() + 50 : nil
        if (notifier?.killsSinceLast() ?? 0) > 0 {
            Output.print(String(decoding: JSONWriter.bytes(of: OutOfMemoryEvent(id: found.id)), as: UTF8.self) + "\n")
        }
        if ready[0].readable { return }
        if Clock.milliseconds() >= next {
            try printStatistics(of: found)
            next += interval
        }
    }
}
