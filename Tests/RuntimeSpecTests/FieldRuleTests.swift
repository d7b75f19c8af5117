import RuntimeSpec
import Testing

/// What each field may be, beside what ValidationTests has.
@Suite struct FieldRuleTests {
    @Test(arguments: [
        (#""env": ["A"]"#, "process.env[0]: expected NAME=value, found \"A\""),
        (#""env": ["=1"]"#, "process.env[0]: expected NAME=value, found \"=1\""),
        (
            #""consoleSize": {"height": 65536, "width": 1}"#,
            "process.consoleSize: expected at most 65535 lines and columns"
        ),
        (#""user": {"uid": 0, "gid": 4294967295}"#, "process.user.gid: 4294967295 is not a group ID"),
        (
            #""user": {"uid": 0, "gid": 0, "additionalGids": [1, 4294967295]}"#,
            "process.user.additionalGids[1]: 4294967295 is not a group ID"
        ),
        (
            #""user": {"uid": 0, "gid": 0, "umask": 512}"#,
            "process.user.umask: expected at most 511 (octal 777), found 512"
        ),
        (
            #""scheduler": {"policy": "SCHED_FIFO"}"#,
            "process.scheduler.priority: expected 1 to 99 for SCHED_FIFO, found 0"
        ),
        (
            #""scheduler": {"policy": "SCHED_BATCH", "runtime": 1}"#,
            "process.scheduler: runtime, deadline and period need SCHED_DEADLINE"
        ),
        (
            #""execCPUAffinity": {"final": "x"}"#,
            "process.execCPUAffinity.final: expected a list such as \"0-3,7\", found \"x\""
        ),
    ])
    func `of a process`(field: String, message: String) {
        #expect(Documents.refusal(Documents.minimal(process: field))?.description == message)
    }

    private static let userNamespace = #""namespaces": [{"type": "user"}], "#

    @Test(
        arguments: [
            (
                userNamespace + #""uidMappings": [{"containerID": 0, "hostID": 0, "size": 1}]"#,
                "linux.gidMappings: a new user namespace needs a mapping"
            ),
            (
                userNamespace + #""uidMappings": [{"containerID": 0, "hostID": 0, "size": 0}]"#,
                "linux.uidMappings[0].size: expected more than 0"
            ),
            (
                userNamespace + #""uidMappings": [{"containerID": 0, "hostID": 4294967295, "size": 1}]"#,
                "linux.uidMappings[0].hostID: range ends beyond 4294967294"
            ),
            (
                #""namespaces": [{"type": "time"}], "timeOffsets": {"realtime": {"secs": 1}}"#,
                "linux.timeOffsets: expected \"monotonic\" or \"boottime\", found \"realtime\""
            ),
            (
                #""namespaces": [{"type": "time"}], "timeOffsets": {"monotonic": {"secs": 1, "nanosecs": 1000000000}}"#,
                "linux.timeOffsets.monotonic.nanosecs: expected less than 1000000000"
            ),
            (
                #""namespaces": [{"type": "mount"}], "readonlyPaths": ["proc"]"#,
                "linux.readonlyPaths[0]: expected an absolute path, found \"proc\""
            ),
            (
                #""namespaces": [{"type": "mount"}], "maskedPaths": ["/a", "proc"]"#,
                "linux.maskedPaths[1]: expected an absolute path, found \"proc\""
            ),
            (
                #""devices": [{"path": "/dev/x", "type": "c", "fileMode": 32768}]"#,
                nil
            ),
            (
                #""devices": [{"path": "/dev/x", "type": "c", "fileMode": 65536}]"#,
                "linux.devices[0].fileMode: expected permission bits, found 65536"
            ),
            (
                #""namespaces": [{"type": "network"}], "netDevices": {"eth0": {"name": "a/b"}}"#,
                "linux.netDevices: expected a network interface's name, found \"a/b\""
            ),
            (
                #""memoryPolicy": {"mode": "MPOL_LOCAL", "nodes": "0"}"#,
                "linux.memoryPolicy.nodes: MPOL_LOCAL takes none"
            ),
            (
                #""memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES"]}"#,
                "linux.memoryPolicy.flags: MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES exclude each other"
            ),
            (
                #""intelRdt": {"memBwSchema": "L3:0=f"}"#,
                "linux.intelRdt.memBwSchema: expected a line such as \"MB:0=20;1=70\", found \"L3:0=f\""
            ),
            (#""intelRdt": {"schemata": ["L3:0=f\nMB:0=1"]}"#, "linux.intelRdt.schemata[0]: expected a single line"),
            (
                #""sysctl": {"kernel.shmmni": "1"}"#,
                "linux.sysctl[\"kernel.shmmni\"]: needs a namespace of type \"ipc\" in linux.namespaces"
            ),
            (
                #""sysctl": {"kernel.domainname": "x"}"#,
                "linux.sysctl[\"kernel.domainname\"]: needs a namespace of type \"uts\" in linux.namespaces"
            ),
            (
                #""sysctl": {"user.max_user_namespaces": "1"}"#,
                "linux.sysctl[\"user.max_user_namespaces\"]: needs a namespace of type \"user\" in linux.namespaces"
            ),
        ] as [(String, String?)])
    func `of the Linux section`(fields: String, message: String?) {
        #expect(Documents.refusal(Documents.minimal(linux: fields))?.description == message)
    }

    @Test(arguments: [
        (#""pids": {"limit": -2}"#, "pids.limit: expected -1 or more, found -2"),
        (#""memory": {"limit": -2}"#, "memory.limit: expected -1 or more bytes, found -2"),
        (#""memory": {"kernelTCP": -2}"#, "memory.kernelTCP: expected -1 or more bytes, found -2"),
        (#""cpu": {"idle": 2}"#, "cpu.idle: expected 0 or 1, found 2"),
        (#""cpu": {"quota": 10, "burst": 11}"#, "cpu.burst: expected at most the quota, 10, found 11"),
        (#""cpu": {"mems": "3-1"}"#, "cpu.mems: expected a list such as \"0-3,7\", found \"3-1\""),
        (#""devices": [{"allow": true, "major": -2}]"#, "devices[0].major: expected -1 or a device number, found -2"),
        (#""blockIO": {"leafWeight": 9}"#, "blockIO.leafWeight: expected 10 to 1000, found 9"),
        (
            #""blockIO": {"weightDevice": [{"major": 8, "minor": 0, "weight": 5}]}"#,
            "blockIO.weightDevice[0].weight: expected 10 to 1000, found 5"
        ),
        (
            #""blockIO": {"throttleReadIOPSDevice": [{"major": -1, "minor": 0, "rate": 5}]}"#,
            "blockIO.throttleReadIOPSDevice[0]: expected a block device's numbers, found -1:0"
        ),
        (
            #""network": {"priorities": [{"name": "a b", "priority": 1}]}"#,
            "network.priorities[0].name: expected a network interface's name, found \"a b\""
        ),
        (#""rdma": {"a b": {"hcaHandles": 1}}"#, "rdma: expected a device's name, found \"a b\""),
        (#""unified": {"cgroup": "1"}"#, "unified: expected a file such as \"memory.high\", found \"cgroup\""),
    ])
    func `of resources`(fields: String, message: String) {
        let document = Documents.minimal(linux: #""resources": {"# + fields + "}")
        #expect(Documents.refusal(document)?.description == "linux.resources." + message)
    }

    @Test(arguments: [
        (#""defaultAction": "SCMP_ACT_NOTIFY""#, "defaultAction: SCMP_ACT_NOTIFY cannot be the default"),
        (
            #""defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": [], "action": "SCMP_ACT_ERRNO"}]"#,
            "syscalls[0].names: expected at least one"
        ),
        (
            #""defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["a"], "action": "SCMP_ACT_ERRNO", "errnoRet": 4096}]"#,
            "syscalls[0].errnoRet: expected an error number to 4095, found 4096"
        ),
        (
            #""defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["a"], "action": "SCMP_ACT_TRACE", "errnoRet": 65536}]"#,
            "syscalls[0].errnoRet: expected at most 65535, found 65536"
        ),
        (
            #""defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["a"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 6, "value": 0, "op": "SCMP_CMP_EQ"}]}]"#,
            "syscalls[0].args[0].index: expected 0 to 5, found 6"
        ),
        (
            #""defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/s", "syscalls": [{"names": ["write"], "action": "SCMP_ACT_NOTIFY"}]"#,
            "syscalls[0].action: SCMP_ACT_NOTIFY cannot be applied to \"write\""
        ),
        (
            #""defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/s""#,
            "listenerPath: no rule has SCMP_ACT_NOTIFY"
        ),
        (
            #""defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]"#,
            "flags: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule with SCMP_ACT_NOTIFY"
        ),
    ])
    func `of a seccomp profile`(fields: String, message: String) {
        let document = Documents.minimal(linux: #""seccomp": {"# + fields + "}")
        #expect(Documents.refusal(document)?.description == "linux.seccomp." + message)
    }

    @Test(arguments: [
        (#""annotations": {"": "x"}"#, "annotations: expected names, found an empty one"),
        (
            #""hooks": {"poststart": [{"path": "/a", "env": ["x"]}]}"#,
            "hooks.poststart[0].env[0]: expected NAME=value, found \"x\""
        ),
        (
            #""mounts": [{"destination": "/a", "type": "bind", "source": "/b", "uidMappings": [{"containerID": 0, "hostID": 0, "size": 1}]}]"#,
            "mounts[0]: uidMappings and gidMappings must be given together"
        ),
        (
            #""mounts": [{"destination": "/a", "type": "tmpfs", "uidMappings": [{"containerID": 0, "hostID": 0, "size": 1}], "gidMappings": [{"containerID": 0, "hostID": 0, "size": 1}]}]"#,
            "mounts[0].uidMappings: ID mappings need a bind mount"
        ),
        (#""domainname": "x""#, "domainname: needs a namespace of type \"uts\" in linux.namespaces"),
    ])
    func `of the rest`(fields: String, message: String) {
        #expect(Documents.refusal(Documents.minimal(more: fields))?.description == message)
    }
}
