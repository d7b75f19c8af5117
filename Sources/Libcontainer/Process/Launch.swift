internal import Kernel
internal import RuntimeSpec

/// A process that is set up completely and waits to become its program.
struct Launch {
    let setup: ProcessSetup
    let path: String
    let environment: [String]
    /// Run when the process is started, before it becomes its program.
    let hooks: [Hook]
    let state: State
    /// To the creator. It ends when the creator does, and then so do we, unless others may start us.
    let channel: Int32
    /// Where others connect to start us; -1 if only the creator does.
    let listener: Int32

    func waitAndExecute() -> Never {
        // Built while nobody waits for it.
        let arguments = StringVector(setup.plan.arguments)
        let environment = StringVector(self.environment)
        let connection = waitForStart()
        let starter = Channel(FileDescriptor(owning: connection))
        let failure: SetupFailure
        do throws(SetupFailure) {
            try HookRun(state: state).run(hooks, of: .startContainer)
            failure = setup.execute(path, arguments, environment, channel: connection)
        } catch {
            failure = error
        }
        try? starter.send(.failed(failure))
        exitProcess(failure.exitCode)
    }

    /// The connection over which to tell if the program cannot be executed. It closes on execution.
    private func waitForStart() -> Int32 {
        if listener < 0 {
            waitForProceed(on: channel, orElse: { exitProcess(1) })
            return channel
        }
        _ = FileDescriptor(owning: channel)
        while true {
            guard let connection = try? Channel.accept(listener) else { exitProcess(1) }
            var isGone = false
            waitForProceed(on: connection, orElse: { isGone = true })
            if !isGone { return connection }
            _ = FileDescriptor(owning: connection)
        }
    }

    private func waitForProceed(on number: Int32, orElse gone: () -> Void) {
        let connection = Channel(FileDescriptor(owning: number))
        if case .proceed? = try? connection.receive() {} else { gone() }
        _ = connection.release()
    }
}

extension SetupFailure {
    /// What a shell answers for a program that it cannot find or execute.
    var exitCode: Int32 {
        switch step {
        case .findExecutable, .execute: errno == .noSuchFile || errno.rawValue == 0 ? 127 : 126
        default: 1
        }
    }
}
