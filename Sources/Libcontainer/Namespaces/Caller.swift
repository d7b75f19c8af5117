internal import Kernel
internal import RuntimeSpec

/// Who has the container made, as far as the host is concerned.
enum Caller {
    /// The host's own root.
    case hostRoot
    /// The root of a user namespace, as under rootless engines: it may mount, but make no device, and has no say over
    /// the host's cgroups but for those that were given to it.
    case namespaceRoot
    /// A user without rights, who has them only in a user namespace of the container's own. See user_namespaces(7).
    case user

    static func now() -> Caller {
        guard effectiveUser() == 0 else { return .user }
        let map = (try? SmallFile.text("/proc/self/uid_map")) ?? ""
        let isHost = map.split(separator: "\n").first?.split(separator: " ") == ["0", "0", "4294967295"]
        return isHost ? .hostRoot : .namespaceRoot
    }

    /// Refuses what needs rights that the caller will never have.
    func check(_ linux: Linux) throws(ContainerError) {
        guard self == .user, !linux.has(.user) else { return }
        throw ContainerError(
            .permissionDenied,
            "linux.namespaces: a user without root's rights needs a namespace of type \"user\" there")
    }
}
