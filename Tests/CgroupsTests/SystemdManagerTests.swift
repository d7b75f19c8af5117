import RuntimeSpec
import Testing

@testable import Cgroups
@testable import DBus

@Suite struct SystemdManagerTests {
    private static let errors = "org.freedesktop.systemd1."

    @Test(arguments: [StandInManager.Login.byData, .atOnce, .byNumber])
    func `a client is let in however the manager asks who it is`(login: StandInManager.Login) throws {
        let standIn = try StandInManager(login: login)
        defer { standIn.close() }
        let manager = try SystemdManager(candidates: [standIn.address], isUser: false)
        #expect(manager.version == 252)
        #expect(manager.cgroup == "/managed")
        #expect(standIn.received.isEmpty)
    }

    @Test func `a client that is not let in is told so`() throws {
        let standIn = try StandInManager(login: .never)
        defer { standIn.close() }
        let error = #expect(throws: CgroupError.self) {
            try SystemdManager(candidates: [standIn.address], isUser: false)
        }
        #expect("\(try #require(error))".contains("answered \"REJECTED\""))
    }

    @Test func `where nobody listens the error names the first address and the reason`() throws {
        let candidates = [
            DBusAddress(path: "/nonexistent/a", isBus: false), DBusAddress(path: "/nonexistent/b", isBus: true),
        ]
        let error = #expect(throws: CgroupError.self) { try SystemdManager(candidates: candidates, isUser: true) }
        #expect(
            "\(try #require(error))"
                == "cgroup by systemd: the user's systemd cannot be reached: no D-Bus at \"/nonexistent/a\": "
                + "connect \"/nonexistent/a\": no such file or directory")
    }

    @Test func `on a bus a client says hello and asks for the signals it waits for`() throws {
        let standIn = try StandInManager { call, _ in
            call.member == "StopUnit" ? .job("done", signalFirst: true) : .nothing
        }
        defer { standIn.close() }
        try SystemdManager(candidates: [standIn.busAddress], isUser: false).stop("a.scope")
        #expect(standIn.received.map(\.member) == ["Hello", "AddMatch", "StopUnit", "ResetFailedUnit"])
        #expect(
            standIn.received[1].body == [
                .string(
                    "type='signal',interface='org.freedesktop.systemd1.Manager',member='JobRemoved',"
                        + "path='/org/freedesktop/systemd1'")
            ])
        #expect(standIn.received[2].destination == "org.freedesktop.systemd1")
        #expect(standIn.received[2].body == [.string("a.scope"), .string("replace")])
    }

    @Test(arguments: [true, false])
    func `a unit is there when its own job has ended`(signalFirst: Bool) throws {
        let standIn = try StandInManager { call, _ in .job("done", signalFirst: signalFirst) }
        defer { standIn.close() }
        let properties = SystemdProperty.identity(
            of: SystemdUnit(name: "a.scope", slice: "b.slice", isUser: false), containerID: "c", process: 42,
            isUnified: true)
        try SystemdManager(candidates: [standIn.address], isUser: false).start("a.scope", properties)
        let call = try #require(standIn.received.first)
        #expect(standIn.received.count == 1)
        #expect(call.path == "/org/freedesktop/systemd1")
        #expect(call.interface == "org.freedesktop.systemd1.Manager")
        #expect(call.member == "StartTransientUnit")
        #expect(call.destination == nil)
        func property(_ name: String, _ value: DBusValue) -> DBusValue { .structure([.string(name), .variant(value)]) }
        #expect(
            call.body == [
                .string("a.scope"), .string("replace"),
                .array(
                    of: "(sv)",
                    [
                        property("Description", .string("container c")), property("Slice", .string("b.slice")),
                        property("Delegate", .boolean(true)), property("PIDs", .array(of: "u", [.uint32(42)])),
                        property("MemoryAccounting", .boolean(true)), property("CPUAccounting", .boolean(true)),
                        property("IOAccounting", .boolean(true)), property("TasksAccounting", .boolean(true)),
                        property("DefaultDependencies", .boolean(false)),
                    ]),
                .array(of: "(sa(sv))", []),
            ])
    }

    @Test func `a unit of the same name that failed is forgotten, and the unit started`() throws {
        let standIn = try StandInManager { call, number in
            guard call.member == "StartTransientUnit" else { return .nothing }
            return number == 1 ? .error(Self.errors + "UnitExists", "there") : .job("done", signalFirst: false)
        }
        defer { standIn.close() }
        try SystemdManager(candidates: [standIn.address], isUser: false).start("a.scope", [])
        #expect(standIn.received.map(\.member) == ["StartTransientUnit", "ResetFailedUnit", "StartTransientUnit"])
    }

    @Test func `a unit that runs already, and a job that fails, are errors with systemd's words`() throws {
        let standIn = try StandInManager { call, _ in
            switch call.body.first {
            case .string("used.scope"): .error(Self.errors + "UnitExists", "Unit used.scope was already loaded.")
            default: .job("failed", signalFirst: false)
            }
        }
        defer { standIn.close() }
        let manager = try SystemdManager(candidates: [standIn.address], isUser: false)
        let used = #expect(throws: CgroupError.self) { try manager.start("used.scope", []) }
        #expect("\(try #require(used))".contains("Unit used.scope was already loaded"))
        let failed = #expect(throws: CgroupError.self) { try manager.start("a.scope", []) }
        #expect("\(try #require(failed))".contains("ended as \"failed\""))
    }

    @Test func `to stop a unit that is gone is no error, to be forbidden to is one`() throws {
        let standIn = try StandInManager { call, _ in
            call.body.first == .string("gone.scope")
                ? .error(Self.errors + "NoSuchUnit", "gone")
                : .error("org.freedesktop.DBus.Error.AccessDenied", "denied")
        }
        defer { standIn.close() }
        let manager = try SystemdManager(candidates: [standIn.address], isUser: false)
        try manager.stop("gone.scope")
        #expect(throws: CgroupError.self) { try manager.stop("a.scope") }
    }

    @Test func `properties are changed at run time only`() throws {
        let standIn = try StandInManager()
        defer { standIn.close() }
        try SystemdManager(candidates: [standIn.address], isUser: false)
            .set("a.scope", [SystemdProperty("TasksMax", .uint64(5))])
        #expect(standIn.received.map(\.member) == ["SetUnitProperties"])
        #expect(
            standIn.received[0].body == [
                .string("a.scope"), .boolean(true),
                .array(of: "(sv)", [.structure([.string("TasksMax"), .variant(.uint64(5))])]),
            ])
    }

    @Test func `the bus that the environment names comes first, and a user has his own`() {
        let machine = SystemdManager.addresses(isUser: false, ["DBUS_SYSTEM_BUS_ADDRESS=unix:path=/x"])
        #expect(machine.map(\.path) == ["/x", "/run/systemd/private", "/run/dbus/system_bus_socket"])
        #expect(machine.map(\.isBus) == [true, false, true])
        let user = SystemdManager.addresses(
            isUser: true, ["DBUS_SYSTEM_BUS_ADDRESS=unix:path=/x", "XDG_RUNTIME_DIR=/run/user/7"])
        #expect(user.map(\.path) == ["/run/user/7/systemd/private", "/run/user/7/bus"])
    }

    @Test func `versions are told by their first number`() {
        #expect(
            ["252", "v244", "249.11-0ubuntu3", "systemd 255", ""].map(SystemdManager.number) == [252, 244, 249, 255, 0])
    }
}
