package import Kernel

/// Why something about a container's cgroup could not be done.
package enum CgroupError: Error, Sendable {
    /// The configuration asks for something that makes no sense: the JSON path, and what was expected.
    case invalid(field: String, message: String)

    /// The host cannot enforce what is asked for: the JSON path, and what is missing.
    case unsupported(field: String, missing: String)

    /// A system call on a control file or directory failed; the JSON path if a field was being applied.
    case system(SystemCallError, field: String?)

    /// The cgroup is not in a state in which this can be done.
    case state(String)
}

extension CgroupError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalid(let field, let message): "\(field): \(message)"
        case .unsupported(let field, let missing): "\(field): the host cannot enforce it: \(missing)"
        case .system(let error, .some(let field)): "\(field): \(error)"
        case .system(let error, nil): "\(error)"
        case .state(let message): message
        }
    }
}

extension CgroupError {
    /// The kernel's error, if that is what it was.
    package var errno: Errno? {
        if case .system(let error, _) = self { return error.errno }
        return nil
    }
}
