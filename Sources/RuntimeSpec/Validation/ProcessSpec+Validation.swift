extension ProcessSpec {
    /// Checks what the fields mean. `path` is where the process stands in its document: `process`, or nothing.
    package func validate(at path: String = "process") throws(SpecError) {
        guard let program = args.first, !program.isEmpty else {
            throw SpecError(path: "\(path).args", "expected the program to run, found nothing")
        }
        guard cwd.utf8.first == UInt8(ascii: "/") else {
            throw SpecError(path: "\(path).cwd", "expected an absolute path, found \"\(JSONReader.excerpt(cwd))\"")
        }
        try env.validateEnvironment(at: "\(path).env")
        try user.validate(at: "\(path).user")
        try validateLimits(at: path)
        if let oomScoreAdj, !(-1000...1000).contains(oomScoreAdj) {
            throw SpecError(path: "\(path).oomScoreAdj", "expected -1000 to 1000, found \(oomScoreAdj)")
        }
        if let size = consoleSize, size.height > UInt32(UInt16.max) || size.width > UInt32(UInt16.max) {
            throw SpecError(path: "\(path).consoleSize", "expected at most 65535 lines and columns")
        }
        try scheduler?.validate(at: "\(path).scheduler")
        if let ioPriority, !(0...7).contains(ioPriority.priority) {
            throw SpecError(path: "\(path).ioPriority.priority", "expected 0 to 7, found \(ioPriority.priority)")
        }
        try execCPUAffinity?.initial?.validateNumberList(at: "\(path).execCPUAffinity.initial")
        try execCPUAffinity?.final?.validateNumberList(at: "\(path).execCPUAffinity.final")
    }

    private func validateLimits(at path: String) throws(SpecError) {
        var seen: Set<ResourceLimitType> = []
        for (index, limit) in rlimits.enumerated() {
            guard seen.insert(limit.type).inserted else {
                throw SpecError(path: "\(path).rlimits[\(index)].type", "\(limit.type.rawValue) stands here twice")
            }
            guard limit.soft <= limit.hard else {
                throw SpecError(
                    path: "\(path).rlimits[\(index)].soft",
                    "expected at most the hard limit, \(limit.hard), found \(limit.soft)")
            }
        }
    }
}

extension User {
    /// The kernel takes -1, that is 4294967295, for "no change".
    func validate(at path: String) throws(SpecError) {
        if uid == .max { throw SpecError(path: "\(path).uid", "4294967295 is not a user ID") }
        if gid == .max { throw SpecError(path: "\(path).gid", "4294967295 is not a group ID") }
        for (index, group) in additionalGids.enumerated() where group == .max {
            throw SpecError(path: "\(path).additionalGids[\(index)]", "4294967295 is not a group ID")
        }
        guard additionalGids.count <= 65536 else {
            throw SpecError(path: "\(path).additionalGids", "expected at most 65536, found \(additionalGids.count)")
        }
        if let umask, umask > 0o777 {
            throw SpecError(path: "\(path).umask", "expected at most 511 (octal 777), found \(umask)")
        }
    }
}

extension Scheduler {
    /// See sched(7) for which attribute belongs to which policy.
    func validate(at path: String) throws(SpecError) {
        if let nice, !(-20...19).contains(nice) {
            throw SpecError(path: "\(path).nice", "expected -20 to 19, found \(nice)")
        }
        let priority = priority ?? 0
        switch policy {
        case .fifo, .roundRobin:
            guard (1...99).contains(priority) else {
                throw SpecError(path: "\(path).priority", "expected 1 to 99 for \(policy.rawValue), found \(priority)")
            }
        case .other, .batch, .idle, .iso, .deadline:
            guard priority == 0 else {
                throw SpecError(path: "\(path).priority", "only SCHED_FIFO and SCHED_RR have one")
            }
        }
        if policy != .deadline && (runtime ?? 0, deadline ?? 0, period ?? 0) != (0, 0, 0) {
            throw SpecError(path: path, "runtime, deadline and period need SCHED_DEADLINE")
        }
    }
}

extension String {
    /// A list of CPUs or memory nodes such as `0-3,7`. See cpuset(7), "List format".
    func validateNumberList(at path: String) throws(SpecError) {
        for range in split(separator: ",", omittingEmptySubsequences: true) {
            let span = range.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)[0]
            let ends = span.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
                .map { UInt32(String($0).trimmed) }
            guard let first = ends[0], let last = ends[ends.count - 1], first <= last else {
                throw SpecError(
                    path: path, "expected a list such as \"0-3,7\", found \"\(JSONReader.excerpt(self))\"")
            }
        }
    }

    private var trimmed: Substring {
        drop { $0 == " " || $0 == "\n" }.prefix { $0 != " " && $0 != "\n" }
    }
}
