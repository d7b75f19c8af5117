internal import Model

/// What a bundle says about its task to the supervisor's next life: the file `task` in it, lines of a key and a value.
///
/// Keys that a version does not know are passed over, keys that are absent have their defaults, so that an older and a
/// newer supervisor read each other's records.
struct TaskRecord: Hashable, Sendable {
    /// Whether the client may have been told that the task exists.
    var isCreated = false
    var runtime = ""
    var program: ShimProgram
    /// The Task service's version, 2 or 3.
    var version = 3
    /// The shim's socket.
    var socket = ""
    var shimPid: Int32 = 0
    var shimStart: UInt64 = 0
    /// The kernel's boot that the processes belong to.
    var boot = ""
    /// The init process, as the host numbers it.
    var pid: UInt32 = 0
    var pidStart: UInt64 = 0
    var io = TaskIO()
    /// The init's exit, once it is announced.
    var exit: TaskExit?
    /// Why there is no shim any more.
    var deathReason = ""

    init(program: ShimProgram) {
        self.program = program
    }
}

extension TaskRecord {
    init?(parsing bytes: [UInt8]) {
        var values: [String: String] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let sides = line.split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else { continue }
            values[String(decoding: sides[0], as: UTF8.self)] = Self.unescape(sides[1])
        }
        // The last line: a record without it was cut off.
        guard values["end"] != nil, let kind = values["kind"].flatMap(ShimProgram.Kind.init(rawValue:)),
            let path = values["program"]
        else { return nil }
        func number<Number: FixedWidthInteger>(_ key: String) -> Number { values[key].flatMap { Number($0) } ?? 0 }
        self.init(program: ShimProgram(kind: kind, path: path))
        isCreated = values["phase"] == "created"
        runtime = values["runtime"] ?? ""
        version = values["version"].flatMap { Int($0) } ?? 2
        socket = values["socket"] ?? ""
        shimPid = number("shim-pid")
        shimStart = number("shim-start")
        boot = values["boot"] ?? ""
        pid = number("pid")
        pidStart = number("pid-start")
        io = TaskIO(
            stdin: values["stdin"] ?? "", stdout: values["stdout"] ?? "", stderr: values["stderr"] ?? "",
            terminal: values["terminal"] == "1")
        deathReason = values["death"] ?? ""
        if values["exit-seconds"] != nil {
            exit = TaskExit(
                id: values["exit-id"] ?? "", pid: pid, status: number("exit-status"),
                exitedAt: Timestamp(seconds: number("exit-seconds"), nanoseconds: number("exit-nanoseconds")))
        }
    }

    func encoded() -> [UInt8] {
        var text = ""
        func add(_ key: String, _ value: String) {
            text += key + " " + Self.escape(value) + "\n"
        }
        add("phase", isCreated ? "created" : "creating")
        add("runtime", runtime)
        add("kind", program.kind.rawValue)
        add("program", program.path)
        add("version", "\(version)")
        add("socket", socket)
        add("boot", boot)
        if shimPid != 0 {
            add("shim-pid", "\(shimPid)")
            add("shim-start", "\(shimStart)")
        }
        if isCreated {
            add("pid", "\(pid)")
            add("pid-start", "\(pidStart)")
        }
        add("stdin", io.stdin)
        add("stdout", io.stdout)
        add("stderr", io.stderr)
        add("terminal", io.terminal ? "1" : "0")
        if !deathReason.isEmpty { add("death", deathReason) }
        if let exit {
            add("exit-id", exit.id)
            add("exit-status", "\(exit.status)")
            add("exit-seconds", "\(exit.exitedAt.seconds)")
            add("exit-nanoseconds", "\(exit.exitedAt.nanoseconds)")
        }
        add("end", "1")
        return Array(text.utf8)
    }

    /// Line ends stand as `%n`, percent signs as `%p`: clients choose the paths.
    private static func escape(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "%") }) else { return text }
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": output += "%n"
            case "%": output += "%p"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }

    private static func unescape(_ bytes: ArraySlice<UInt8>) -> String {
        var output: [UInt8] = []
        var isEscaped = false
        for byte in bytes {
            if isEscaped {
                output.append(byte == UInt8(ascii: "n") ? UInt8(ascii: "\n") : UInt8(ascii: "%"))
                isEscaped = false
            } else if byte == UInt8(ascii: "%") {
                isEscaped = true
            } else {
                output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
