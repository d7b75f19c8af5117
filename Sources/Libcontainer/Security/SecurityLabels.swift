internal import Kernel
internal import RuntimeSpec

/// The labels that a process's program gets from the host's security module, set for its execve(2).
struct SecurityLabels {
    let apparmor: String?
    let selinux: String?

    /// A label that the host cannot enforce is refused: a container without a restriction that was asked for is worse
    /// than none. Where there is no AppArmor, "unconfined" is what every process is.
    init(_ process: ProcessSpec, field: String) throws(ContainerError) {
        let profile = process.apparmorProfile.flatMap { $0.isEmpty ? nil : $0 }
        if let profile, profile != "unconfined", !Self.hasAppArmor {
            throw ContainerError(
                .failedPrecondition,
                "\(field).apparmorProfile: \"\(profile)\": AppArmor is not enabled on this host")
        }
        apparmor = profile == "unconfined" && !Self.hasAppArmor ? nil : profile
        selinux = process.selinuxLabel.flatMap { $0.isEmpty ? nil : $0 }
        if let selinux { try Self.requireSELinux(for: selinux, field: "\(field).selinuxLabel") }
    }

    static func requireSELinux(for label: String, field: String) throws(ContainerError) {
        guard !hasSELinux else { return }
        throw ContainerError(.failedPrecondition, "\(field): \"\(label)\": SELinux is not enabled on this host")
    }

    private static var hasAppArmor: Bool {
        (try? SmallFile.text("/sys/module/apparmor/parameters/enabled"))?.hasPrefix("Y") ?? false
    }

    private static var hasSELinux: Bool {
        guard let directory = try? FileDescriptor.open("/sys/fs/selinux", [.pathOnly, .directory]) else { return false }
        return (try? filesystemMagic(of: directory.rawValue)) == .selinux
    }

    /// - Parameter hostProc: the host's procfs, checked to be one.
    func apply(hostProc: Int32) throws(SetupFailure) {
        if let apparmor {
            try during(.label, apparmor) { () throws(SystemCallError) in
                do throws(SystemCallError) {
                    try SmallFile.write("exec " + apparmor, to: "self/attr/apparmor/exec", beneath: hostProc)
                } catch {
                    // Kernels before 5.8 have one set of files for all modules.
                    guard error.errno == .noSuchFile else { throw error }
                    try SmallFile.write("exec " + apparmor, to: "self/attr/exec", beneath: hostProc)
                }
            }
        }
        if let selinux {
            try during(.label, selinux) { () throws(SystemCallError) in
                try SmallFile.write(selinux, to: "self/attr/exec", beneath: hostProc)
            }
        }
    }
}
