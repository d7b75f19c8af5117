internal import Cgroups
internal import Kernel
internal import RuntimeSpec

/// Everything about a container's init process, decided, checked and opened before it exists: the process is a copy of
/// its creator and finds it all in its memory.
struct InitPlan: ~Copyable {
    let namespaces: NamespacePlan
    let rootfs: RootfsPlan
    let prepared: PreparedMounts
    let process: ProcessPlan
    /// Whether the creator has network devices to move in.
    let awaitsDevices: Bool
    /// Whether the creator has hooks to run, or a share of real time to give, before the process goes on when all its file
    /// systems are there.
    let awaitsCreator: Bool
    let hostname: String?
    let domainname: String?
    /// Files below /proc/sys, and what goes into them.
    let sysctls: [(path: String, value: String)]
    /// Nil keeps the creator's session keyring.
    let keyring: String?
    let hooks: Hooks
    /// What hooks are told of the container, but for its process.
    let state: State
    /// The container's, which are made while the process does what does not depend on them.
    let cgroups: CgroupManager
    /// The host's /proc, checked to be one.
    let hostProc: FileDescriptor
}

enum HostProc {
    /// The host's /proc. Anything else there would have writes for the kernel end elsewhere.
    static func open() throws(ContainerError) -> FileDescriptor {
        do throws(SystemCallError) {
            let proc = try FileDescriptor.open("/proc", [.pathOnly, .directory, .noFollow])
            guard try filesystemMagic(of: proc.rawValue) == .proc else {
                throw SystemCallError("fstatfs", on: "/proc", errno: .notSupported)
            }
            return proc
        } catch {
            throw ContainerError("open the host's procfs", error)
        }
    }
}
