internal import Kernel
internal import TestKit

/// Debian's dockerd with Berth in containerd's place, both with all their files in a workshop.
struct DockerOverBerth {
    let workshop: Workshop
    let image = "engine/busybox:1"

    private var containerd: String { workshop.directory + "/b.sock" }
    private var socket: String { "unix://" + workshop.directory + "/d.sock" }
    private var client: [String] { ["docker", "--config", workshop.directory, "-H", socket] }

    init(workshop: Workshop) throws {
        self.workshop = workshop
        try makeDirectory(workshop.directory + "/own", mode: 0o755)
        try SmallFile.replace(workshop.directory + "/config.json", with: Array("{}".utf8))
    }

    /// Also after the last one was killed, in whose place it goes on.
    func startBerth() throws -> Daemon {
        let directory = workshop.directory
        return try Daemon.start(
            [
                try Tool.built("berthd"), "--root", directory + "/own/root", "--state", directory + "/state",
                "--address", containerd, "--log-level", "debug",
            ], in: directory
        ) { try ctr("version").code == 0 }
    }

    /// Likewise. It finds the containers again that it left running.
    func startDocker() throws -> Daemon {
        let directory = workshop.directory
        return try Daemon.start(
            ["dockerd", "--config-file", directory + "/config.json", "--data-root", directory + "/own/data"]
                + ["--exec-root", directory + "/own/exec", "--pidfile", directory + "/own/docker.pid"]
                + ["-H", socket, "--containerd", containerd, "--containerd-namespace", workshop.name]
                + ["--containerd-plugins-namespace", workshop.name + "-plugins", "--live-restore"]
                + ["--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver", "vfs"]
                + ["--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent", "/" + workshop.name]
                + ["--default-ulimit", "nofile=1024:1024", "--add-runtime", "berth=" + (try Tool.runtime())],
            in: directory
        ) { try docker("version").code == 0 }
    }

    func docker(_ words: String...) throws -> Tool { try workshop.run(client + words) }

    func run(_ options: [String], _ command: String...) throws -> Tool {
        try workshop.run(client + ["run", "--network", "none"] + options + [image] + command)
    }

    /// What containerd's own client sees of dockerd's containers.
    func ctr(_ words: String...) throws -> Tool {
        try workshop.run(["ctr", "-a", containerd, "-n", workshop.name] + words)
    }
}
