internal import Cgroups
internal import Kernel
package import RuntimeSpec
internal import Seccomp

extension Container {
    /// Makes a container from a checkpoint. Its init, which goes on where it was, is the caller's child. Standard
    /// streams that were pipes, or files of the host, become `io`'s, of which criu wants regular files to be as long as
    /// they were; a terminal is a new one.
    ///
    /// On failure nothing is left but criu's log: no process, cgroup, mount or state directory. What a crash leaves,
    /// `delete` of the loaded container removes.
    ///
    /// - Parameter spec: what the container was made of when its checkpoint was.
    package static func restore(
        _ spec: Spec, _ options: ContainerOptions, _ checkpoint: CheckpointOptions, io: ProcessIO
    ) throws(ContainerError) -> Container {
        do {
            try spec.validate()
        } catch {
            throw ContainerError(.invalidArgument, "container \"\(options.id)\": config.json: \(error)")
        }
        do throws(ContainerError) {
            try CriuSession.check(checkpoint.criu)
        } catch {
            throw error.naming(options.id)
        }
        let directory = try StateDirectory.create(id: options.id, stateRoot: options.stateRoot)
        do throws(ContainerError) {
            return try Restoration(spec, options, checkpoint, io, directory).run()
        } catch {
            try? StateDirectory.open(id: options.id, stateRoot: options.stateRoot).remove()
            throw error.naming(options.id)
        }
    }
}

/// One attempt to restore a container.
private struct Restoration: ~Copyable {
    private let spec: Spec
    private let linux: Linux
    private let options: ContainerOptions
    private let checkpoint: CheckpointOptions
    private let io: ProcessIO
    private let directory: StateDirectory
    private let layout: CgroupLayout
    private let cgroups: CgroupManager
    private let rootfs: RootfsPlan
    private let filter: SystemCallFilter?

    private static let log = "restore.log"

    init(
        _ spec: Spec, _ options: ContainerOptions, _ checkpoint: CheckpointOptions, _ io: ProcessIO,
        _ directory: consuming StateDirectory
    ) throws(ContainerError) {
        let linux = spec.linux ?? Linux()
        let caller = Caller.now()
        let layout = try CgroupLayout.ofHost()
        let cgroups = try options.cgroups(linux, layout, caller)
        let filter: SystemCallFilter?
        let view = CgroupView(layout: layout, paths: cgroups.paths, hasNamespace: linux.has(.cgroup))
        let rootfs = try RootfsPlan(
            spec, options, caller: caller, bundle: options.bundle, cgroups: view, scratch: directory.path)
        do {
            filter = try linux.seccomp.map { (profile) throws(SeccompError) in try SeccompFilter(profile).program }
        } catch {
            throw ContainerError(.invalidArgument, "\(error)")
        }
        self.spec = spec
        self.linux = linux
        self.layout = layout
        self.cgroups = cgroups
        self.rootfs = rootfs
        self.filter = filter
        self.options = options
        self.checkpoint = checkpoint
        self.io = io
        self.directory = directory
    }

    consuming func run() throws(ContainerError) -> Container {
        if let filter { try directory.write(filter) }
        let reserved = ContainerState(beginning: spec, options, rootfs: rootfs.path, cgroups: cgroups)
        try directory.reserve(reserved)
        var arePlaced = false
        do throws(ContainerError) {
            let restored = try restore(&arePlaced)
            let state = try complete(reserved, restored.pid)
            directory.unlock()
            return Container(restored: state, directory, cgroups, restored, filter: filter)
        } catch {
            if arePlaced {
                try? cgroups.kill()
                try? cgroups.remove()
            }
            throw error
        }
    }

    private func restore(_ arePlaced: inout Bool) throws(ContainerError) -> RestoredProcess {
        let directories = try CheckpointDirectories(checkpoint, makesImages: false)
        let mounts = try RestoreMounts(rootfs, state: directory.path)
        try mounts.makeMountPoints(rootfs.mounts)
        var request = CriuRequest(
            options: checkpoint, images: directories.images.rawValue, work: directories.workNumber,
            root: mounts.root, logFile: Self.log, configFile: CriuRequest.configuration(of: spec.annotations))
        let external = ContainerMounts(
            spec: spec, bundle: options.bundle, cgroups: cgroups.paths, layout: layout)
        request.externalMounts = try external.forRestore(emptyDirectory: mounts.emptyDirectory)
        request.inherited = try StreamImages.read(from: checkpoint.imagePath).inherited
        var namespaces = JoinedFiles()
        try join(&request, &namespaces)
        let nothing = try Container.openNull()
        var session = try CriuSession(
            checkpoint.criu, streams: streams(nothing.rawValue), extra: namespaces.numbers)
        try place(session.pid, &request)
        arePlaced = true
        return try restore(&session, request, directories)
    }

    private func streams(_ nothing: Int32) -> [Int32] {
        switch io {
        case .descriptors(let stdin, let stdout, let stderr, _): [stdin, stdout, stderr]
        case .terminal: [nothing, nothing, nothing]
        }
    }

    /// Namespaces that exist: network and PID by descriptor, the others by path.
    private func join(_ request: inout CriuRequest, _ files: inout JoinedFiles) throws(ContainerError) {
        for (index, namespace) in linux.namespaces.enumerated() {
            guard let path = namespace.path else { continue }
            if let key = CriuRequest.externalKey(of: namespace.type) {
                request.inherited.append((key, CriuSession.firstExtra + Int32(files.numbers.count)))
                do {
                    files.append(try FileDescriptor.open(path, .readOnly))
                } catch {
                    throw ContainerError("linux.namespaces[\(index)].path", error)
                }
            } else if namespace.type == .cgroup {
                throw ContainerError(
                    .unimplemented,
                    "linux.namespaces[\(index)].path: criu cannot restore into an existing cgroup namespace")
            } else {
                request.joined.append((NamespaceSet.fileName(of: namespace.type), path))
            }
        }
    }

    /// Puts criu into the cgroups, where what it makes begins, and tells it that they stand for those of the images.
    private func place(_ criu: Int32, _ request: inout CriuRequest) throws(ContainerError) {
        do throws(CgroupError) {
            if cgroups.unit == nil {
                try cgroups.create()
            } else {
                try cgroups.startUnit(
                    containerID: options.id, process: criu, resources: linux.resources ?? Resources(),
                    annotations: spec.annotations)
            }
            do throws(CgroupError) {
                try cgroups.add(criu)
                try cgroups.apply(linux.resources ?? Resources())
            } catch {
                try? cgroups.kill()
                try? cgroups.remove()
                throw error
            }
        } catch {
            throw ContainerError("create cgroup", error)
        }
        do {
            for line in try SmallFile.text("/proc/\(criu)/cgroup").split(separator: "\n") {
                let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
                if fields.count == 3 { request.cgroupRoots.append((String(fields[1]), String(fields[2]))) }
            }
        } catch {
            throw ContainerError("read cgroups of criu", error)
        }
    }

    private func restore(
        _ session: inout CriuSession, _ request: CriuRequest, _ directories: borrowing CheckpointDirectories
    ) throws(ContainerError) -> RestoredProcess {
        var restored = RestoredProcess()
        do throws(ContainerError) {
            let answer = try session.perform(.restore, request.encoded(.restore)) {
                (notification) throws(ContainerError) in
                switch notification.script {
                case "setup-namespaces": try runHooks(notification.pid ?? 0)
                case "orphan-pts-master": if let number = notification.descriptor { restored.take(terminal: number) }
                case "post-restore": if let pid = notification.pid { try restored.take(pid: pid) }
                default: break
                }
            }
            session.end()
            if restored.pid == 0, let pid = answer.message(4)?.number(1) { try restored.take(pid: pid) }
            guard restored.pid > 0 else {
                throw ContainerError(
                    .failedPrecondition, "\"\(session.program)\": it names no process that it restored")
            }
        } catch {
            throw error.quoting(CriuLog.errors(in: directories.logs, Self.log))
                .quoting("see \"\(directories.logs)/\(Self.log)\"")
        }
        return restored
    }

    private func runHooks(_ pid: Int32) throws(ContainerError) {
        guard let hooks = spec.hooks, hooks.runInCreator else { return }
        let state = State(
            ociVersion: spec.ociVersion, id: options.id, status: .creating, pid: pid, bundle: options.bundle,
            annotations: spec.annotations)
        let run = HookRun(state: state, directory: options.bundle)
        do {
            try run.run(hooks.prestart, of: .prestart)
            try run.run(hooks.createRuntime, of: .createRuntime)
        } catch {
            throw error.containerError
        }
    }

    private func complete(_ reserved: ContainerState, _ pid: Int32) throws(ContainerError) -> ContainerState {
        var state = reserved
        state.pid = pid
        let hostProc = try HostProc.open()
        do throws(SystemCallError) {
            let process = try openProcess(pid)
            state.identity = try ProcessIdentity.of(process.rawValue, pid: pid, hostProc: hostProc.rawValue)
            var namespaces = NamespaceSet(linux.namespaces.map { NamespaceSet($0.type) })
            // Criu gives what it restores clocks of its own where the kernel can.
            let own = try? readSymbolicLink("self/ns/time", in: hostProc.rawValue)
            if let own, try readSymbolicLink("\(pid)/ns/time", in: hostProc.rawValue) != own {
                namespaces.insert(.time)
            }
            state.namespaces = namespaces.rawValue
        } catch {
            throw ContainerError("identify init", error)
        }
        state.ownsProcesses = linux.namespaces.contains { $0.type == .pid && $0.path == nil }
        try directory.complete(state, reserved: reserved)
        return state
    }
}

/// Files of namespaces, open until criu has them.
private struct JoinedFiles: ~Copyable {
    private(set) var numbers: [Int32] = []

    mutating func append(_ file: consuming FileDescriptor) {
        numbers.append(file.release())
    }

    deinit {
        for number in numbers { _ = FileDescriptor(owning: number) }
    }
}

/// An init that criu has restored: ended and reaped unless somebody keeps it.
struct RestoredProcess: ~Copyable {
    private(set) var pid: Int32 = 0
    private var pidfd: Int32 = -1
    private var terminal: Int32?

    mutating func take(terminal number: Int32) {
        terminal = number
    }

    mutating func take(pid: Int32) throws(ContainerError) {
        do {
            pidfd = try openProcess(pid).release()
        } catch {
            throw ContainerError("open restored process", error)
        }
        self.pid = pid
    }

    consuming func keep() -> (pidfd: Int32, terminal: Int32?) {
        let numbers = (pidfd, terminal)
        discard self
        return numbers
    }

    deinit {
        if pidfd >= 0 {
            try? sendSignal(SignalNumber.kill, to: pidfd)
            _ = try? ChildExit.wait(for: pid)
        }
        for number in [pidfd, terminal ?? -1] where number >= 0 { _ = FileDescriptor(owning: number) }
    }
}
