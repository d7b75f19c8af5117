extension SeccompProfile {
    /// Whether a call may be handed to a listener.
    package var notifies: Bool {
        syscalls.contains { $0.action == .notify }
    }

    /// - Parameter path: where the profile stands; nil for a document of its own.
    package func validate(at path: String? = nil) throws(SpecError) {
        let place = path.map { "\($0)." } ?? ""
        try defaultAction.validate(errno: defaultErrnoRet, at: "\(place)defaultErrnoRet")
        guard defaultAction != .notify else {
            throw SpecError(path: "\(place)defaultAction", "SCMP_ACT_NOTIFY cannot be the default")
        }
        for (index, rule) in syscalls.enumerated() { try rule.validate(at: "\(place)syscalls[\(index)]") }
        guard notifies == (listenerPath != nil) else {
            throw SpecError(
                path: "\(place)listenerPath", notifies ? "SCMP_ACT_NOTIFY needs one" : "no rule has SCMP_ACT_NOTIFY")
        }
        if flags.contains(.waitKillable) && !notifies {
            throw SpecError(
                path: "\(place)flags", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule with SCMP_ACT_NOTIFY")
        }
    }
}

extension SeccompRule {
    func validate(at path: String) throws(SpecError) {
        if names.isEmpty { throw SpecError(path: "\(path).names", "expected at least one") }
        try action.validate(errno: errnoRet, at: "\(path).errnoRet")
        for (index, argument) in args.enumerated() where argument.index > 5 {
            throw SpecError(path: "\(path).args[\(index)].index", "expected 0 to 5, found \(argument.index)")
        }
        // The runtime itself writes the listener's descriptor to its socket after the filter is on.
        if action == .notify && names.contains("write") {
            throw SpecError(path: "\(path).action", "SCMP_ACT_NOTIFY cannot be applied to \"write\"")
        }
    }
}

extension SeccompAction {
    fileprivate func validate(errno: UInt32?, at path: String) throws(SpecError) {
        guard let errno else { return }
        switch self {
        case .errno:
            guard errno <= 4095 else { throw SpecError(path: path, "expected an error number to 4095, found \(errno)") }
        case .trace:
            guard errno <= 65535 else { throw SpecError(path: path, "expected at most 65535, found \(errno)") }
        case .kill, .killProcess, .killThread, .trap, .allow, .log, .notify:
            throw SpecError(path: path, "\(rawValue) takes none")
        }
    }
}
