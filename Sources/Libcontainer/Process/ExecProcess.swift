internal import Cgroups
internal import Kernel
internal import RuntimeSpec

/// What a process that joins a running container does between its birth and its program. Nothing here returns: it ends
/// in execve(2) or _exit(2).
enum ExecProcess {
    static func run(_ plan: borrowing ExecPlan, channel: Int32) -> Never {
        let creator = Channel(FileDescriptor(owning: channel))
        let streams: [Int32]
        let numbers: [Int32]
        do {
            streams = try enterContainer(plan, creator)
            numbers = try during(.standardStreams, "process") { () throws(SystemCallError) in
                let numbers = try StandardStreams.install(
                    streams, keeping: [creator.descriptor.rawValue, plan.hostProc.rawValue])
                try StandardStreams.giveTo(uid: plan.process.user.uid)
                return numbers
            }
        } catch {
            try? creator.send(.failed(error))
            exitProcess(1)
        }
        _ = creator.release()
        let moved = Channel(FileDescriptor(owning: numbers[0]))
        do throws(SetupFailure) {
            let setup = ProcessSetup(
                plan: plan.process, hostProc: numbers[1], appliesAttributes: !plan.namespaces.contains(.user))
            try setup.confine(numbers[0])
            let path = try setup.findExecutable()
            let arguments = StringVector(plan.process.arguments)
            let environment = StringVector(setup.environment())
            throw setup.execute(path, arguments, environment, channel: numbers[0])
        } catch {
            try? moved.send(.failed(error))
            exitProcess(error.exitCode)
        }
    }

    private static func enterContainer(
        _ plan: borrowing ExecPlan, _ creator: borrowing Channel
    ) throws(SetupFailure) -> [Int32] {
        try during(.session, "process") { () throws(SystemCallError) in
            try resetSignals()
            try startSession()
        }
        if let cpus = plan.initialCPUs {
            try during(.affinity, "process.execCPUAffinity.initial") { () throws(SystemCallError) in
                try setAffinity(cpus)
            }
        }
        try during(.session, "cgroup") { () throws(SystemCallError) in try plan.cgroups.joinSelf() }
        if let cpus = plan.finalCPUs {
            try during(.affinity, "process.execCPUAffinity.final") { () throws(SystemCallError) in
                try setAffinity(cpus)
            }
        }
        if plan.namespaces.contains(.user) {
            if plan.isBornInside {
                try plan.process.attributes.applyLimits(to: 0)
            } else {
                try plan.process.attributes.apply(to: 0, hostProc: plan.hostProc.rawValue)
            }
        }
        setFileModeMask(0)
        try during(.joinNamespace, "of init") { () throws(SystemCallError) in
            let namespaces = plan.namespaces.subtracting(.pid)
            if namespaces != [], !plan.isBornInside { try joinNamespaces(plan.initProcess, namespaces) }
        }
        if plan.namespaces.contains(.user) {
            try during(.mapUsers, "0:0") { () throws(SystemCallError) in
                try becomeUser(uid: 0, gid: 0, supplementaryGroups: nil)
            }
        }
        switch plan.process.io {
        case .descriptors(let stdin, let stdout, let stderr, let extra): return [stdin, stdout, stderr] + extra
        case .terminal(let width, let height):
            let directory = try during(.terminal, "/dev/pts") { () throws(SystemCallError) in
                try FileDescriptor.open(
                    "/dev/pts", resolving: [.inRoot, .noMagicLinks], relativeTo: workingDirectory,
                    [.readOnly, .directory])
            }
            return try Terminal.open(in: directory.rawValue).handOver(to: creator, width: width, height: height)
        }
    }
}
