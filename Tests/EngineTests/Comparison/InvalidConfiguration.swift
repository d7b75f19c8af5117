internal import RuntimeSpec

/// A configuration that no runtime may run.
struct InvalidConfiguration: Sendable {
    /// The place in the document, as our message names it.
    let path: String
    /// What our message says of it.
    let message: String
    /// Runtimes that run it all the same.
    var acceptedBy: Set<ComparedRuntime> = []
    let spoil: @Sendable (inout Spec) -> Void

    init(
        _ path: String, _ message: String, acceptedBy: Set<ComparedRuntime> = [],
        _ spoil: @escaping @Sendable (inout Spec) -> Void
    ) {
        self.path = path
        self.message = message
        self.acceptedBy = acceptedBy
        self.spoil = spoil
    }

    static let all: [InvalidConfiguration] = process + linux + filesystems

    private static let process = [
        InvalidConfiguration("process.args", "expected the program to run, found nothing") { $0.process?.args = [] },
        InvalidConfiguration("process.cwd", "expected an absolute path, found \"tmp\"", acceptedBy: [.crun]) {
            $0.process?.cwd = "tmp"
        },
        InvalidConfiguration("process.env[0]", "expected NAME=value, found \"NOVALUE\"") {
            $0.process?.env = ["NOVALUE"]
        },
        InvalidConfiguration("process.oomScoreAdj", "expected -1000 to 1000, found 1001") {
            $0.process?.oomScoreAdj = 1001
        },
        InvalidConfiguration("process.rlimits[0].soft", "expected at most the hard limit, 1, found 2") {
            $0.process?.rlimits = [ResourceLimit(type: .openFiles, soft: 2, hard: 1)]
        },
        InvalidConfiguration("process.rlimits[1].type", "RLIMIT_NOFILE stands here twice", acceptedBy: [.runc, .crun]) {
            let limit = ResourceLimit(type: .openFiles, soft: 100, hard: 100)
            $0.process?.rlimits = [limit, limit]
        },
        InvalidConfiguration(
            "process.capabilities.bounding", "unknown capability \"CAP_NOTHING\"", acceptedBy: [.runc, .crun]
        ) {
            $0.process?.capabilities?.bounding = ["CAP_NOTHING"]
        },
        InvalidConfiguration("process.user.uid", "4294967295 is not a user ID", acceptedBy: [.crun]) {
            $0.process?.user.uid = .max
        },
        InvalidConfiguration("", "exec: \"/nothing/here\": no such file or directory") {
            $0.process?.args = ["/nothing/here"]
        },
        InvalidConfiguration("", "\"nothing\": executable file not found in $PATH") { $0.process?.args = ["nothing"] },
        InvalidConfiguration("ociVersion", "expected version 1, found \"2.0.0\"", acceptedBy: [.runc]) {
            $0.ociVersion = "2.0.0"
        },
    ]

    private static let linux = [
        InvalidConfiguration("linux.namespaces[5].type", "\"pid\" stands here twice", acceptedBy: [.crun]) {
            $0.add(.pid)
        },
        InvalidConfiguration("linux.namespaces[4].path", "expected an absolute path, found \"x\"") {
            $0.linux?.namespaces[4].path = "x"
        },
        InvalidConfiguration("linux.namespaces[4].path", "no such file or directory") {
            $0.linux?.namespaces[4].path = "/nothing/here"
        },
        InvalidConfiguration("linux.uidMappings", "a new user namespace needs a mapping", acceptedBy: [.crun]) {
            $0.add(.user)
        },
        InvalidConfiguration(
            "linux.uidMappings", "needs a namespace of type \"user\" in linux.namespaces",
            acceptedBy: [.runc, .crun]
        ) {
            $0.linux?.uidMappings = [LinuxIDMapping(containerID: 0, hostID: 0, size: 1)]
        },
        InvalidConfiguration("hostname", "needs a namespace of type \"uts\" in linux.namespaces") { $0.remove(.uts) },
        InvalidConfiguration(
            "linux.sysctl[\"kernel.panic\"]", "is not part of a namespace, so that it would change the host"
        ) {
            $0.linux?.sysctl = ["kernel.panic": "1"]
        },
        InvalidConfiguration(
            "linux.sysctl[\"net.core.somaxconn\"]", "needs a namespace of type \"network\" in linux.namespaces"
        ) {
            $0.remove(.network)
            $0.linux?.sysctl = ["net.core.somaxconn": "77"]
        },
        InvalidConfiguration("linux.resources.memory.swap", "expected at least the limit", acceptedBy: [.crun]) {
            $0.linux?.resources = Resources()
            $0.linux?.resources?.memory = MemoryResources()
            $0.linux?.resources?.memory?.limit = 64 << 20
            $0.linux?.resources?.memory?.swap = 32 << 20
        },
        InvalidConfiguration(
            "linux.resources.cpu.cpus", "expected a list such as \"0-3,7\", found \"a\"", acceptedBy: [.crun]
        ) {
            $0.linux?.resources = Resources()
            $0.linux?.resources?.cpu = CPUResources()
            $0.linux?.resources?.cpu?.cpus = "a"
        },
        InvalidConfiguration("linux.devices[0].path", "expected an absolute path", acceptedBy: [.runc]) {
            $0.linux?.devices = [LinuxDevice(path: "dev/x", type: .character, major: 1, minor: 3)]
        },
        InvalidConfiguration(
            "linux.maskedPaths", "needs a namespace of type \"mount\" in linux.namespaces", acceptedBy: [.crun]
        ) {
            $0.remove(.mount)
            $0.linux?.maskedPaths = ["/proc/keys"]
        },
        InvalidConfiguration("linux.seccomp.listenerPath", "SCMP_ACT_NOTIFY needs one", acceptedBy: [.crun]) {
            var profile = SeccompProfile()
            profile.defaultAction = .allow
            profile.syscalls = [SeccompRule(names: ["chroot"], action: .notify)]
            $0.linux?.seccomp = profile
        },
    ]

    private static let filesystems = [
        InvalidConfiguration("root.path", "expected a path, found an empty string") { $0.root?.path = "" },
        InvalidConfiguration("root.path", "no such file or directory") { $0.root?.path = "missing" },
        InvalidConfiguration("mounts[6]", "no such file or directory") { $0.bind("missing", "/volume", "bind") },
        InvalidConfiguration("mounts[6].source", "expected a path to bind, found nothing", acceptedBy: [.runc]) {
            $0.mounts.append(Mount(destination: "/volume", type: "bind", source: nil, options: ["bind"]))
        },
        InvalidConfiguration("mounts[6]: mount \"/volume\"", "fsopen \"nothing\"") {
            $0.mounts.append(Mount(destination: "/volume", type: "nothing", source: "x"))
        },
        InvalidConfiguration("mounts[6]: mount \"/volume\"", "\"tmpfs size=word\": invalid argument") {
            $0.tmpfs("/volume", "size=word")
        },
        InvalidConfiguration("mounts[6]: mount \"/volume\"", "\"tmpfs unheard-of\": invalid argument") {
            $0.tmpfs("/volume", "unheard-of")
        },
        InvalidConfiguration(
            "mounts[6].destination", "only a procfs may be mounted below /proc", acceptedBy: [.runc, .crun]
        ) {
            $0.tmpfs("/proc/sys")
        },
        InvalidConfiguration("hooks.createRuntime[0]", "\"/bin/false\" exited with code 1") {
            $0.hooks = Hooks()
            $0.hooks?.createRuntime = [Hook(path: "/bin/false")]
        },
        InvalidConfiguration(
            "hooks.createRuntime[0].path", "expected an absolute path, found \"false\"", acceptedBy: []
        ) {
            $0.hooks = Hooks()
            $0.hooks?.createRuntime = [Hook(path: "false")]
        },
    ]
}
