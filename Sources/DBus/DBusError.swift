package import Kernel

/// Why a call over D-Bus failed.
package enum DBusError: Error, Sendable {
    /// Nobody answers at the address.
    case unreachable(address: String, SystemCallError)
    /// The connection broke.
    case broken(address: String, SystemCallError)
    /// Who answered does not speak D-Bus, or does not let the caller in.
    case refused(address: String, String)
    /// What was asked for did not come in time.
    case timedOut(address: String, waitingFor: String)
    /// The peer's own error: its name, as `org.freedesktop.systemd1.NoSuchUnit`, and its message.
    case failed(name: String, message: String)
}

extension DBusError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreachable(let address, let error): "no D-Bus at \"\(address)\": \(error)"
        case .broken(let address, let error): "D-Bus at \"\(address)\": \(error)"
        case .refused(let address, let message): "D-Bus at \"\(address)\": \(message)"
        case .timedOut(let address, let what): "D-Bus at \"\(address)\": no \(what) in time"
        case .failed(let name, let message): message.isEmpty ? name : message
        }
    }
}
