import RuntimeSpec
import Testing

@Suite struct ValidationTests {
    @Test func `a minimal configuration is valid`() throws {
        try Documents.parse(Documents.minimal()).validate()
    }

    @Test(arguments: [
        (#""env": ["NOVALUE"]"#, "process.env[0]: expected NAME=value, found \"NOVALUE\""),
        (#""env": ["=x"]"#, "process.env[0]: expected NAME=value, found \"=x\""),
        (#""cwd": "tmp""#, "process.cwd: expected an absolute path, found \"tmp\""),
        (#""args": []"#, "process.args: expected the program to run, found nothing"),
        (#""user": {"uid": 4294967295}"#, "process.user.uid: 4294967295 is not a user ID"),
        (#""oomScoreAdj": 1001"#, "process.oomScoreAdj: expected -1000 to 1000, found 1001"),
        (
            #""rlimits": [{"type": "RLIMIT_CPU", "soft": 2, "hard": 1}]"#,
            "process.rlimits[0].soft: expected at most the hard limit, 1, found 2"
        ),
        (
            #""rlimits": [{"type": "RLIMIT_CPU", "soft": 1, "hard": 1}, {"type": "RLIMIT_CPU", "soft": 1, "hard": 1}]"#,
            "process.rlimits[1].type: RLIMIT_CPU stands here twice"
        ),
        (
            #""ioPriority": {"class": "IOPRIO_CLASS_RT", "priority": 8}"#,
            "process.ioPriority.priority: expected 0 to 7, found 8"
        ),
        (
            #""scheduler": {"policy": "SCHED_OTHER", "priority": 5}"#,
            "process.scheduler.priority: only SCHED_FIFO and SCHED_RR have one"
        ),
        (
            #""scheduler": {"policy": "SCHED_OTHER", "nice": 20}"#,
            "process.scheduler.nice: expected -20 to 19, found 20"
        ),
        (
            #""execCPUAffinity": {"initial": "3-1"}"#,
            "process.execCPUAffinity.initial: expected a list such as \"0-3,7\", found \"3-1\""
        ),
    ])
    func `a process that makes no sense is refused`(field: String, message: String) {
        #expect(Documents.refusal(Documents.minimal(process: field))?.description == message)
    }

    @Test(arguments: [
        (#""namespaces": [{"type": "pid"}, {"type": "pid"}]"#, "linux.namespaces[1].type: \"pid\" stands here twice"),
        (
            #""namespaces": [{"type": "pid", "path": "x"}]"#,
            "linux.namespaces[0].path: expected an absolute path, found \"x\""
        ),
        (#""namespaces": [{"type": "user"}]"#, "linux.uidMappings: a new user namespace needs a mapping"),
        (
            #""uidMappings": [{"containerID": 0, "hostID": 0, "size": 1}]"#,
            "linux.uidMappings: needs a namespace of type \"user\" in linux.namespaces"
        ),
        (
            #""timeOffsets": {"monotonic": {"secs": 1}}"#,
            "linux.timeOffsets: needs a new namespace of type \"time\" in linux.namespaces"
        ),
        (
            #""maskedPaths": ["/proc/kcore"]"#,
            "linux.maskedPaths: needs a namespace of type \"mount\" in linux.namespaces"
        ),
        (#""cgroupsPath": "/a/../b""#, "linux.cgroupsPath: must not contain \"..\""),
        (
            #""sysctl": {"kernel.panic": "1"}"#,
            "linux.sysctl[\"kernel.panic\"]: is not part of a namespace, so that it would change the host"
        ),
        (
            #""sysctl": {"net.ipv4.ip_forward": "1"}"#,
            "linux.sysctl[\"net.ipv4.ip_forward\"]: needs a namespace of type \"network\" in linux.namespaces"
        ),
        (
            #""namespaces": [{"type": "network"}], "sysctl": {"net/../kernel/panic": "1"}"#,
            "linux.sysctl[\"net/../kernel/panic\"]: expected a name such as \"net.ipv4.ip_forward\""
        ),
        (
            #""namespaces": [{"type": "network"}], "sysctl": {"net.x": "1\n2"}"#,
            "linux.sysctl[\"net.x\"]: the value holds a line break"
        ),
        (
            #""namespaces": [{"type": "uts"}], "sysctl": {"kernel.hostname": "x"}"#,
            "linux.sysctl[\"kernel.hostname\"]: use the field \"hostname\""
        ),
        (
            #""devices": [{"path": "dev/x", "type": "c"}]"#,
            "linux.devices[0].path: expected an absolute path, found \"dev/x\""
        ),
        (
            #""devices": [{"path": "/dev/x", "type": "c", "major": -1}]"#,
            "linux.devices[0]: expected a major number to 4095 and a minor to 1048575, found -1:0"
        ),
        (#""netDevices": {"eth0": {}}"#, "linux.netDevices: needs a namespace of type \"network\" in linux.namespaces"),
        (
            #""personality": {"domain": "LINUX", "flags": ["x"]}"#,
            "linux.personality.flags: the specification defines no flags"
        ),
        (#""intelRdt": {"closID": "../x"}"#, "linux.intelRdt.closID: expected a directory's name, found \"../x\""),
        (#""memoryPolicy": {"mode": "MPOL_BIND"}"#, "linux.memoryPolicy.nodes: MPOL_BIND needs some"),
        (#""resources": {"memory": {"swap": 10}}"#, "linux.resources.memory.swap: needs linux.resources.memory.limit"),
        (
            #""resources": {"memory": {"limit": 20, "swap": 10}}"#,
            "linux.resources.memory.swap: counts memory and swap together: expected at least the limit, 20, found 10"
        ),
        (
            #""resources": {"memory": {"swappiness": 101}}"#,
            "linux.resources.memory.swappiness: expected 0 to 100, found 101"
        ),
        (
            #""resources": {"cpu": {"cpus": "a"}}"#,
            "linux.resources.cpu.cpus: expected a list such as \"0-3,7\", found \"a\""
        ),
        (
            #""resources": {"cpu": {"cpus": "-"}}"#,
            "linux.resources.cpu.cpus: expected a list such as \"0-3,7\", found \"-\""
        ),
        (
            #""resources": {"devices": [{"allow": true, "access": "rx"}]}"#,
            "linux.resources.devices[0].access: expected letters out of \"rwm\", found \"rx\""
        ),
        (
            #""resources": {"hugepageLimits": [{"pageSize": "2M", "limit": 1}]}"#,
            "linux.resources.hugepageLimits[0].pageSize: expected a size such as \"2MB\", found \"2M\""
        ),
        (
            #""resources": {"unified": {"../x.y": "1"}}"#,
            "linux.resources.unified: expected a file such as \"memory.high\", found \"../x.y\""
        ),
        (
            #""resources": {"blockIO": {"weight": 1001}}"#,
            "linux.resources.blockIO.weight: expected 10 to 1000, found 1001"
        ),
        (
            #""seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mount"], "action": "SCMP_ACT_NOTIFY"}]}"#,
            "linux.seccomp.listenerPath: SCMP_ACT_NOTIFY needs one"
        ),
        (
            #""seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 1}"#,
            "linux.seccomp.defaultErrnoRet: SCMP_ACT_ALLOW takes none"
        ),
        (
            #""seccomp": {"defaultAction": "SCMP_ACT_FOO"}"#,
            "linux.seccomp.defaultAction: unknown seccomp action \"SCMP_ACT_FOO\", expected one of SCMP_ACT_KILL, SCMP_ACT_KILL_PROCESS, SCMP_ACT_KILL_THREAD, SCMP_ACT_TRAP, SCMP_ACT_ERRNO, SCMP_ACT_TRACE, SCMP_ACT_ALLOW, SCMP_ACT_LOG, SCMP_ACT_NOTIFY"
        ),
    ])
    func `a Linux section that makes no sense is refused`(fields: String, message: String) {
        #expect(Documents.refusal(Documents.minimal(linux: fields))?.description == message)
    }

    @Test(arguments: [
        (#""hostname": "x""#, "hostname: needs a namespace of type \"uts\" in linux.namespaces"),
        (#""hooks": {"prestart": [{"path": "a"}]}"#, "hooks.prestart[0].path: expected an absolute path, found \"a\""),
        (
            #""hooks": {"poststop": [{"path": "/a", "timeout": 0}]}"#,
            "hooks.poststop[0].timeout: expected more than 0 seconds, found 0"
        ),
        (#""mounts": [{"destination": ""}]"#, "mounts[0].destination: expected a path, found an empty string"),
        (#""root": {"path": ""}"#, "root.path: expected a path, found an empty string"),
        (#""ociVersion": "2.0.0""#, "ociVersion: expected version 1, found \"2.0.0\""),
        (#""ociVersion": "latest""#, "ociVersion: expected a version such as \"1.2.0\", found \"latest\""),
    ])
    func `a configuration that makes no sense is refused`(fields: String, message: String) {
        #expect(Documents.refusal(Documents.minimal(more: fields))?.description == message)
    }

    @Test(arguments: [
        ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
        ("net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding"),
        ("net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding"),
    ])
    func `a sysctl's name leads to its file`(name: String, file: String) {
        #expect(Linux.sysctlPath(name) == file)
    }
}
