internal import Cgroups
internal import Kernel
package import RuntimeSpec

extension Container {
    /// Writes the state of all processes to a directory, from which ``restore(_:_:_:io:)`` makes them anew, here or
    /// elsewhere. The container ends with it unless `leavesRunning` or `preDump`; its parent reaps it.
    ///
    /// On failure the container goes on as before; criu's log stays in the work directory. A crash of the caller makes
    /// criu give up, too.
    ///
    /// - Parameter spec: what the container was made of.
    package func checkpoint(_ spec: Spec, _ options: CheckpointOptions) throws(ContainerError) {
        do throws(ContainerError) {
            switch try status() {
            case .running, .paused: break
            default: throw notRunning
            }
            try requireCriu(options)
            let directories = try CheckpointDirectories(options, makesImages: true)
            try dump(spec, options, directories)
            if !options.leavesRunning, !options.preDump { try waitForEnd() }
        } catch {
            throw error.naming(id)
        }
    }

    private func requireCriu(_ options: CheckpointOptions) throws(ContainerError) {
        let feature: (number: UInt64, name: String)? =
            options.preDump
            ? (1, "memory tracking, which --pre-dump needs")
            : options.lazyPages ? (2, "userfaultfd, which --lazy-pages needs") : nil
        try CriuSession.check(options.criu, feature: feature)
    }

    private func dump(
        _ spec: Spec, _ options: CheckpointOptions, _ directories: borrowing CheckpointDirectories
    ) throws(ContainerError) {
        let log = "dump.log"
        var request = CriuRequest(
            options: options, images: directories.images.rawValue, work: directories.workNumber, root: rootfs,
            pid: pid, logFile: log, configFile: CriuRequest.configuration(of: annotations))
        request.freezer = cgroups.paths["freezer"] ?? cgroups.paths[""]
        request.external = try Self.externalNamespaces(spec)
        if !options.preDump {
            let mounts = ContainerMounts(
                spec: spec, bundle: bundle, cgroups: cgroups.paths, layout: try CgroupLayout.ofHost())
            request.externalMounts = try mounts.forCheckpoint(of: pid)
            let streams = try StreamImages(of: pid)
            request.external += streams.files
            try streams.write(to: options.imagePath)
        }
        let nothing = try Self.openNull()
        var session = try CriuSession(
            options.criu, streams: [nothing.rawValue, nothing.rawValue, nothing.rawValue])
        let kind: CriuRequest.Kind = options.preDump ? .preDump : .dump
        do throws(ContainerError) {
            _ = try session.perform(kind, request.encoded(kind)) { (notification) throws(ContainerError) in
                guard notification.script == "status-ready", options.statusDescriptor >= 0 else { return }
                let status = FileDescriptor(owning: options.statusDescriptor)
                try? status.write("\0")
            }
        } catch {
            throw error.quoting(CriuLog.errors(in: directories.logs, log))
                .quoting("see \"\(directories.logs)/\(log)\"")
        }
        // After a pre-dump criu waits for more of them; it is let go of.
        if !options.preDump { session.end() }
    }

    static func openNull() throws(ContainerError) -> FileDescriptor {
        do {
            return try FileDescriptor.open("/dev/null", .readWrite)
        } catch {
            throw ContainerError("start criu", error)
        }
    }

    /// Namespaces that the container joined are no part of it: network and PID, of which criu must be told.
    private static func externalNamespaces(_ spec: Spec) throws(ContainerError) -> [String] {
        var names: [String] = []
        for namespace in spec.linux?.namespaces ?? [] {
            guard let path = namespace.path, let key = CriuRequest.externalKey(of: namespace.type) else { continue }
            do {
                let file = try FileDescriptor.open(path, .readOnly)
                let kind = NamespaceSet.fileName(of: namespace.type)
                names.append("\(kind)[\(try FileStatus(of: file.rawValue).inode)]:\(key)")
            } catch {
                throw ContainerError("open namespace", error)
            }
        }
        return names
    }

    private static let longestEnd: Int32 = 10_000

    /// Criu kills what it has written.
    private func waitForEnd() throws(ContainerError) {
        let hasEnded: Bool
        do {
            hasEnded = try waitUntilReadable(pidfd, milliseconds: Self.longestEnd)
        } catch {
            throw ContainerError("wait for init", error)
        }
        guard hasEnded else {
            throw ContainerError(.unavailable, "the container does not end after its checkpoint")
        }
    }
}

extension CriuRequest {
    /// What images call a namespace that is not the container's own; nil for kinds that are joined instead.
    static func externalKey(of type: LinuxNamespaceType) -> String? {
        switch type {
        case .network: "extRootNetNS"
        case .pid: "extRootPidNS"
        default: nil
        }
    }

    /// Settings that overrule the request's: those of the file that the container's annotation names, none for an empty
    /// one, and runc's without one.
    static func configuration(of annotations: [String: String]) -> String? {
        guard let named = annotations["org.criu.config"] else { return "/etc/criu/runc.conf" }
        return named.isEmpty ? nil : named
    }
}
