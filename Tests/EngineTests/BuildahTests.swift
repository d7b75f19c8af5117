internal import Kernel
internal import TestKit
internal import Testing

/// Debian's buildah, whose build steps are containers of Berth's runtime.
@Suite(.needsRoot) struct BuildahTests {
    /// - Parameter runs: whether the command runs containers.
    private func buildah(_ workshop: Workshop, _ command: String, runs: Bool = false, _ words: String...) throws -> Tool
    {
        let own = workshop.directory + "/own"
        let options = ["--isolation", "oci", "--network", "none", "--runtime", try Tool.runtime()]
        return try workshop.run(
            ["buildah", "--root", own + "/root", "--runroot", own + "/run", "--storage-driver", "vfs", command]
                + (runs ? options : []) + words,
            environment: ["CONTAINERS_CONF": workshop.directory + "/containers.conf"])
    }

    @Test func `a Dockerfile's steps run, and the image has what they made`() throws {
        try Workshop.with { workshop in
            let context = workshop.directory + "/context"
            try makeDirectory(context, mode: 0o755)
            let dockerfile = """
                FROM scratch
                ADD rootfs.tar /
                RUN echo built by $(id -u) > /made && test -e /proc/self/status
                RUN ["/bin/sh", "-c", "cat /made /made > /twice"]
                CMD ["cat", "/twice"]
                """
            try SmallFile.replace(context + "/Dockerfile", with: Array(dockerfile.utf8))
            let directory = try FileDescriptor.open(workshop.directory, [.pathOnly, .directory])
            try renameEntry("rootfs.tar", to: "context/rootfs.tar", in: directory.rawValue)
            let settings = """
                [containers]
                default_ulimits = ["nofile=1024:1024"]
                [engine]
                cgroup_manager = "cgroupfs"

                """
            try SmallFile.replace(workshop.directory + "/containers.conf", with: Array(settings.utf8))
            let built = try buildah(
                workshop, "bud", runs: true, "--cgroup-parent", "/" + workshop.name, "-t", "engine/built:1", context)
            #expect(built.code == 0, "\(built.output)\(built.errors)")
            let container = try buildah(workshop, "from", "engine/built:1").text
            let read = try buildah(workshop, "run", runs: true, container, "cat", "/twice")
            #expect(read.text == "built by 0\nbuilt by 0", "\(read.errors)")
            #expect(try buildah(workshop, "run", runs: true, container, "sh", "-c", "exit 9").code == 9)
            #expect(try buildah(workshop, "rm", "-a").code == 0)
            #expect(try workshop.leftovers() == [])
        }
    }
}
