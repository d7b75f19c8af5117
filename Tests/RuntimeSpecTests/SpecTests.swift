import RuntimeSpec
import Testing

@Suite struct SpecTests {
    @Test func `every field of the specification is read`() throws {
        let spec = try Documents.parse(Documents.complete)
        try spec.validate()
        let process = try #require(spec.process)
        #expect(process.terminal && process.consoleSize == ConsoleSize(height: 25, width: 80))
        #expect(process.user == User(uid: 1, gid: 2, umask: 63, additionalGids: [5, 6]))
        #expect(process.rlimits == [ResourceLimit(type: .openFiles, soft: 1024, hard: .max)])
        #expect(process.oomScoreAdj == -500 && process.noNewPrivileges && process.apparmorProfile == "p")
        #expect(process.scheduler?.policy == .deadline && process.scheduler?.period == 3)
        #expect(process.ioPriority == IOPriority(priorityClass: .idle, priority: 3))
        #expect(process.execCPUAffinity?.final == "0,1")
        #expect(spec.mounts[1].uidMappings == [LinuxIDMapping(containerID: 0, hostID: 1000, size: 1)])
        #expect(spec.hooks?.prestart == [Hook(path: "/a", args: ["a"], env: ["K=V"], timeout: 1)])
        #expect(spec.annotations == ["k": "v", "k2": ""])
        let linux = try #require(spec.linux)
        #expect(linux.namespaces.count == 8 && linux.namespaces[1].path == "/run/netns/x")
        #expect(linux.rootfsPropagation == .recursiveSlave && linux.personality?.domain == .linux32)
        #expect(linux.timeOffsets["boottime"] == LinuxTimeOffset(secs: -1, nanosecs: 0))
        #expect(linux.netDevices["eth1"]?.name == "eth0" && linux.netDevices["eth2"] == LinuxNetDevice())
        let resources = try #require(linux.resources)
        #expect(resources.devices[0].type == .all && resources.devices[1].major == 10)
        #expect(resources.memory?.swap == 2_097_152 && resources.memory?.checkBeforeUpdate == true)
        #expect(resources.hugepageLimits == [HugepageLimit(pageSize: "2MB", limit: .max)])
        #expect(resources.rdma["mlx5_1"]?.hcaObjects == 10000 && resources.unified["memory.high"] == "1000")
        let seccomp = try #require(linux.seccomp)
        #expect(
            seccomp.syscalls[1].args == [
                SeccompArgument(index: 0, value: .max, valueTwo: 8, op: .maskedEqual)
            ])
        #expect(seccomp.notifies && seccomp.listenerMetadata == "m")
    }

    @Test(arguments: [JSONWriter.Layout.compact, .indented])
    func `what is written is read back equal`(layout: JSONWriter.Layout) throws {
        let spec = try Documents.parse(Documents.complete)
        let written = JSONWriter.bytes(of: spec, layout: layout)
        #expect(try Documents.read(written) == spec)
    }

    @Test func `null is the same as absent`() throws {
        let spec = try Documents.parse(
            """
            {"ociVersion": "1.2.0", "process": {"cwd": "/", "args": null, "oomScoreAdj": null, "env": null,
             "capabilities": null, "user": null}, "mounts": null, "annotations": null, "hooks": null,
             "linux": {"resources": null, "sysctl": null, "namespaces": null, "seccomp": null}}
            """)
        #expect(spec.process?.args == [] && spec.process?.oomScoreAdj == nil && spec.process?.capabilities == nil)
        #expect(spec.mounts == [] && spec.annotations == [:] && spec.linux == Linux())
    }

    @Test func `unknown keys are passed over and the last of equal keys counts`() throws {
        let spec = try Documents.parse(
            """
            {"ociVersion": "1.0.0", "windows": {"x": [1, -2.5e3, true, null, {"y": "\\u00e9"}]},
             "hostname": "a", "ociVersion": "1.2.0", "hostname": "b"}
            """)
        #expect(spec.ociVersion == "1.2.0" && spec.hostname == "b")
    }

    @Test func `escapes in keys and values are decoded`() throws {
        let spec = try Documents.parse(
            #"{"ociVersion": "1.2.0", "host\u006eame": "\ud83d\ude00\n\"\\\/", "annotations": {"\u00e9": "\t"}}"#)
        #expect(spec.hostname == "😀\n\"\\/" && spec.annotations == ["é": "\t"])
    }

    @Test func `a process stands alone as a document`() throws {
        let process = try Documents.process(#"{"args": ["ps"], "cwd": "/", "user": {"uid": 7, "gid": 8}}"#)
        #expect(process.args == ["ps"] && process.user.uid == 7)
        try process.validate()
    }

    @Test func `state is written as engines read it`() {
        let state = State(
            ociVersion: "1.2.0", id: "c", status: .created, pid: 42, bundle: "/b",
            annotations: ["b": "2", "a": "\u{1}"])
        let text = String(decoding: JSONWriter.bytes(of: state), as: UTF8.self)
        #expect(
            text == #"{"ociVersion":"1.2.0","id":"c","status":"created","pid":42,"bundle":"/b","#
                + #""annotations":{"a":"\u0001","b":"2"}}"#)
    }
}
