/// Where the task runtime keeps things, which programs it starts and how long it waits for them.
package struct TaskRuntimeConfiguration: Sendable {
    /// The longest time each kind of request to a shim may take. No request waits for ever except for an exit.
    package struct Deadlines: Sendable {
        /// For a state that a list or a start-up asks for; then the state last known is answered.
        package var probe: Duration = .seconds(2)
        /// Create and Start, which mount, run hooks and wait for disks.
        package var setUp: Duration = .seconds(120)
        /// Every other request.
        package var request: Duration = .seconds(30)
        /// From a shim's Shutdown to its end; then it is killed.
        package var shutdown: Duration = .seconds(5)
        /// A third-party shim's `start` command, and every shim's `delete` command.
        package var command: Duration = .seconds(10)

        package init() {}
    }

    /// Lives as long as the machine runs; usually `/run/berth`. Bundles are below
    /// `io.containerd.runtime.v2.task/<namespace>/<id>`.
    package var stateDirectory: String
    /// Holds the shims' sockets. With a name of 33 characters a path must fit in 107 bytes.
    package var socketDirectory: String
    /// The supervisor's gRPC socket, which third-party shims are told.
    package var address: String
    /// The socket on which shims announce events.
    package var eventAddress: String
    /// The path of `containerd-shim-berth-v1`.
    package var shimProgram: String
    /// Where third-party shims are looked for, in order.
    package var programDirectories: [String]
    /// What a third-party shim may run to announce an event, as `PROGRAM -address A publish ...`.
    package var publishProgram: String
    /// Runtime names that Berth's own shim serves too, because stock clients ask for them without a choice. A client
    /// whose options name a runtime binary still gets the shim it asked for.
    package var replacedRuntimes: Set<String> = ["io.containerd.runc.v2"]
    package var debug = false
    /// How many shims wait ready for the tasks to come. With none each task starts its own.
    package var spareShims = 2
    package var deadlines = Deadlines()

    package init(
        stateDirectory: String, socketDirectory: String? = nil, address: String, eventAddress: String? = nil,
        shimProgram: String, programDirectories: [String] = Self.standardDirectories, publishProgram: String
    ) {
        self.stateDirectory = stateDirectory
        self.socketDirectory = socketDirectory ?? stateDirectory + "/s"
        self.address = address
        self.eventAddress = eventAddress ?? address + ".ttrpc"
        self.shimProgram = shimProgram
        self.programDirectories = programDirectories
        self.publishProgram = publishProgram
    }

    package static let standardDirectories = [
        "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
    ]
}
