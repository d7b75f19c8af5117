internal import Cgroups
internal import Kernel

extension NewProcess {
    /// A container's init process, born into the namespaces of its plan, but for those that it enters by itself.
    static func clone(
        _ plan: borrowing NamespacePlan, cgroups: CgroupManager, hostProc: Int32, _ body: (Int32) -> Never
    ) throws(ContainerError) -> NewProcess {
        guard plan.created.contains(.time), plan.caller != .user else {
            return try cloneAtOwnTime(plan, cgroups, hostProc, body)
        }
        let time = try TimeNamespace.create(plan.clockOffsets, hostProc: hostProc)
        let new: NewProcess
        do throws(ContainerError) {
            new = try cloneAtOwnTime(plan, cgroups, hostProc, body)
        } catch {
            try time.leave()
            throw error
        }
        try time.leave()
        return new
    }

    private static func cloneAtOwnTime(
        _ plan: borrowing NamespacePlan, _ cgroups: CgroupManager, _ hostProc: Int32, _ body: (Int32) -> Never
    ) throws(ContainerError) -> NewProcess {
        // The others init makes by itself when its creator is done with it.
        let created = plan.created.subtracting([.network, .cgroup, .time]).subtracting(plan.createdAsRoot)
        if plan.needsIntermediate {
            return try cloneThroughIntermediate(
                created, cgroups: cgroups, staysOpen: plan.staysOpen,
                {
                    () throws(SetupFailure) in try plan.joinBeforeBirth()
                }, body)
        }
        return try clone(
            created, cgroups: cgroups, pidNamespace: plan.pidNamespace, hostProc: hostProc, staysOpen: plan.staysOpen,
            body)
    }

    /// Has a process in between join what exists and then make the container's process, which is a child of the caller.
    static func cloneThroughIntermediate(
        _ created: NamespaceSet, cgroups: CgroupManager, staysOpen: Bool, _ join: () throws(SetupFailure) -> Void,
        _ body: (Int32) -> Never
    ) throws(ContainerError) -> NewProcess {
        let cgroup: Int32
        do {
            cgroup = try cgroups.openV2Directory()?.release() ?? -1
        } catch {
            throw ContainerError("open cgroup", error)
        }
        defer { if cgroup >= 0 { _ = FileDescriptor(owning: cgroup) } }
        do throws(SystemCallError) {
            if !staysOpen { try forbidInspection() }
            let (near, far) = try Channel.pair()
            defer { _ = FileDescriptor(owning: far) }
            do throws(SystemCallError) {
                let pid = try birth(created, cgroup >= 0 ? cgroup : nil, near, far, join, body)
                return NewProcess(pid: pid, pidfd: try openProcess(pid), channel: near)
            } catch {
                _ = FileDescriptor(owning: near)
                throw error
            }
        } catch {
            throw ContainerError("start process in its namespaces", error)
        }
    }

    /// Answers init's number, which is the caller's child when the process in between has ended.
    private static func birth(
        _ created: NamespaceSet, _ cgroup: Int32?, _ near: Int32, _ far: Int32,
        _ join: () throws(SetupFailure) -> Void, _ body: (Int32) -> Never
    ) throws(SystemCallError) -> Int32 {
        // Numbers that nobody owns until it is known which process this is.
        let (ours, theirs) = try Channel.pair()
        let result: CloneResult
        do throws(SystemCallError) {
            result = try cloneProcess([], cgroup: cgroup)
        } catch {
            for number in [ours, theirs] { _ = FileDescriptor(owning: number) }
            throw error
        }
        switch consume result {
        case .child:
            for number in [near, ours] { _ = FileDescriptor(owning: number) }
            makeSibling(created, Channel(FileDescriptor(owning: theirs)), far, join, body)
        case .parent(_, let pidfd):
            _ = FileDescriptor(owning: theirs)
            let answers = Channel(FileDescriptor(owning: ours))
            let message = try answers.receive()
            _ = try reapProcess(pidfd.rawValue)
            switch message {
            case .born(let pid): return pid
            case .failed(let failure):
                throw SystemCallError(failure.step.description, on: failure.object, errno: failure.errno)
            default: throw SystemCallError("clone3", errno: .noChild)
            }
        }
    }

    /// The whole life of the process in between.
    private static func makeSibling(
        _ created: NamespaceSet, _ answers: consuming Channel, _ far: Int32,
        _ join: () throws(SetupFailure) -> Void, _ body: (Int32) -> Never
    ) -> Never {
        do throws(SetupFailure) {
            try join()
            let pid = try during(.createNamespace, "\(created.rawValue)") { () throws(SystemCallError) -> Int32 in
                switch try cloneProcess(created, asSibling: true) {
                case .child: 0
                case .parent(let pid, _): pid
                }
            }
            if pid == 0 {
                _ = consume answers
                body(far)
            }
            try? answers.send(.born(pid))
            exitProcess(0)
        } catch {
            try? answers.send(.failed(error))
            exitProcess(1)
        }
    }
}
