internal import DBus
internal import Kernel

/// A service manager: systemd as the machine's first process or as a user's own. See org.freedesktop.systemd1(5).
final class SystemdManager {
    private let connection: DBusConnection

    /// As the manager says it of itself: "252", "252.38-1~deb12u1" or "v244"; 0 if it makes no sense.
    let version: Int

    /// The cgroup that all its units lie in, without a slash at the end.
    let cgroup: String

    private static let name = "org.freedesktop.systemd1"
    private static let path = "/org/freedesktop/systemd1"
    private static let interface = "org.freedesktop.systemd1.Manager"

    /// How long systemd may take for a job, in milliseconds; as runc.
    private static let patience: Int64 = 30_000

    convenience init(isUser: Bool) throws(CgroupError) {
        try self.init(candidates: Self.addresses(isUser: isUser, environment()), isUser: isUser)
    }

    /// Uses the first address where somebody listens.
    init(candidates: [DBusAddress], isUser: Bool) throws(CgroupError) {
        let manager = isUser ? "the user's systemd" : "systemd"
        do throws(DBusError) {
            connection = try Self.connect(candidates)
            version = Self.number(try Self.property("Version", connection))
            var root = try Self.property("ControlGroup", connection)
            while root.hasSuffix("/") { root.removeLast() }
            cgroup = root
            guard connection.address.isBus else { return }
            // A bus passes on what is asked for only; right at the manager everything comes.
            let rule = "type='signal',interface='\(Self.interface)',member='JobRemoved',path='\(Self.path)'"
            _ = try connection.call(
                "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", [.string(rule)])
        } catch {
            throw .state("cgroup by systemd: \(manager) cannot be reached: \(error)")
        }
    }

    /// A bus that the environment names comes first, then the manager's own socket, which only its user may use and
    /// which needs nobody in between, then the bus at its usual place.
    static func addresses(isUser: Bool, _ environment: [String]) -> [DBusAddress] {
        func value(_ name: String) -> String? {
            environment.last { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
        }
        let named = value(isUser ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS").flatMap {
            DBusAddress(bus: $0)
        }
        guard isUser else {
            return (named.map { [$0] } ?? []) + [
                DBusAddress(path: "/run/systemd/private", isBus: false),
                DBusAddress(path: "/run/dbus/system_bus_socket", isBus: true),
            ]
        }
        let runtime = value("XDG_RUNTIME_DIR") ?? "/run/user/\(currentUser())"
        return (named.map { [$0] } ?? []) + [
            DBusAddress(path: runtime + "/systemd/private", isBus: false),
            DBusAddress(path: runtime + "/bus", isBus: true),
        ]
    }

    private static func connect(_ candidates: [DBusAddress]) throws(DBusError) -> DBusConnection {
        var first: DBusError?
        for candidate in candidates {
            do {
                return try DBusConnection(candidate)
            } catch {
                if first == nil { first = error }
            }
        }
        throw first ?? .unreachable(address: "", SystemCallError("connect", errno: .noSuchFile))
    }

    private static func property(_ property: String, _ connection: DBusConnection) throws(DBusError) -> String {
        let answer = try connection.call(
            name, path, "org.freedesktop.DBus.Properties", "Get", [.string(interface), .string(property)])
        guard let text = answer.first?.text else {
            throw .refused(address: connection.address.path, "expected text as the manager's \(property)")
        }
        return text
    }

    static func number(_ version: String) -> Int {
        Int(version.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? 0
    }

    private func call(_ member: String, _ body: [DBusValue]) throws(DBusError) -> [DBusValue] {
        try connection.call(Self.name, Self.path, Self.interface, member, body)
    }

    /// Makes and starts a unit, and waits until it is there. One of that name that has failed and was kept for somebody
    /// to look at is forgotten first.
    func start(_ unit: String, _ properties: [SystemdProperty]) throws(CgroupError) {
        do throws(DBusError) {
            let body: [DBusValue] = [
                .string(unit), .string("replace"), SystemdProperty.list(properties), .array(of: "(sa(sv))", []),
            ]
            let answer: [DBusValue]
            do {
                answer = try call("StartTransientUnit", body)
            } catch {
                guard case .failed(Self.name + ".UnitExists", _) = error else { throw error }
                try resetFailed(unit)
                answer = try call("StartTransientUnit", body)
            }
            let result = try result(of: answer)
            guard result == "done" else {
                throw .failed(name: Self.name, message: "its job ended as \"\(result)\", expected \"done\"")
            }
        } catch {
            throw .state("systemd: start unit \"\(unit)\": \(error)")
        }
    }

    /// Stops a unit, and waits until it is gone. One that is gone already is fine.
    func stop(_ unit: String) throws(CgroupError) {
        do throws(DBusError) {
            _ = try result(of: call("StopUnit", [.string(unit), .string("replace")]))
            try resetFailed(unit)
        } catch {
            if Self.isGone(error) { return }
            throw .state("systemd: stop unit \"\(unit)\": \(error)")
        }
    }

    /// Changes a unit's properties until it or the machine ends.
    func set(_ unit: String, _ properties: [SystemdProperty]) throws(CgroupError) {
        do {
            _ = try call("SetUnitProperties", [.string(unit), .boolean(true), SystemdProperty.list(properties)])
        } catch {
            throw .state("systemd: set properties of unit \"\(unit)\": \(error)")
        }
    }

    private func resetFailed(_ unit: String) throws(DBusError) {
        do {
            _ = try call("ResetFailedUnit", [.string(unit)])
        } catch {
            if !Self.isGone(error) { throw error }
        }
    }

    private static func isGone(_ error: DBusError) -> Bool {
        if case .failed(name + ".NoSuchUnit", _) = error { return true }
        return false
    }

    /// How the job ended that a call has answered with.
    private func result(of answer: [DBusValue]) throws(DBusError) -> String {
        guard case .objectPath(let job)? = answer.first else {
            throw .refused(address: connection.address.path, "expected the path of a job")
        }
        let removed = try connection.signal("JobRemoved", within: Self.patience) { signal in
            signal.body.count > 3 && signal.body[1].text == job
        }
        return removed.body[3].text ?? ""
    }
}
