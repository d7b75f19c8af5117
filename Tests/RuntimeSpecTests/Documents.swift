import RuntimeSpec

/// Documents to read.
enum Documents {
    static func parse(_ text: String) throws -> Spec {
        try read(Array(text.utf8))
    }

    static func read(_ bytes: [UInt8]) throws(SpecError) -> Spec {
        try bytes.withUnsafeBytes { buffer in
            Result { () throws(SpecError) in try Spec(parsing: buffer) }
        }.get()
    }

    static func readProcess(_ bytes: [UInt8]) throws(SpecError) -> ProcessSpec {
        try bytes.withUnsafeBytes { buffer in
            Result { () throws(SpecError) in try ProcessSpec(parsing: buffer) }
        }.get()
    }

    static func process(_ text: String) throws -> ProcessSpec {
        try Array(text.utf8).withUnsafeBytes { try ProcessSpec(parsing: $0) }
    }

    /// The error that reading or validating a document ends in.
    static func refusal(_ text: String) -> SpecError? {
        do {
            try parse(text).validate()
            return nil
        } catch {
            return error as? SpecError
        }
    }

    /// A document that says as little as a valid one can; `linux` and `more` go into it.
    static func minimal(process: String = "", linux: String = "", more: String = "") -> String {
        """
        {"ociVersion": "1.2.0", "root": {"path": "rootfs"},
         "process": {"args": ["sh"], "cwd": "/"\(process.isEmpty ? "" : ", " + process)},
         "linux": {\(linux)}\(more.isEmpty ? "" : ", " + more)}
        """
    }

    /// Every field of the specification for Linux.
    static let complete = """
        {
          "ociVersion": "1.2.0", "hostname": "h", "domainname": "d",
          "process": {
            "terminal": true, "consoleSize": {"height": 25, "width": 80},
            "user": {"uid": 1, "gid": 2, "umask": 63, "additionalGids": [5, 6]},
            "args": ["sh", "-c", "true"], "env": ["PATH=/bin", "EMPTY="], "cwd": "/",
            "capabilities": {"bounding": ["CAP_KILL"], "effective": ["CAP_KILL"], "inheritable": [],
              "permitted": ["CAP_KILL"], "ambient": ["CAP_KILL"]},
            "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 18446744073709551615}],
            "noNewPrivileges": true, "apparmorProfile": "p", "selinuxLabel": "l", "oomScoreAdj": -500,
            "scheduler": {"policy": "SCHED_DEADLINE", "flags": ["SCHED_FLAG_RECLAIM"], "runtime": 1, "deadline": 2,
              "period": 3},
            "ioPriority": {"class": "IOPRIO_CLASS_IDLE", "priority": 3},
            "execCPUAffinity": {"initial": "0-1", "final": "0,1"}
          },
          "root": {"path": "rootfs", "readonly": true},
          "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid"]},
            {"destination": "/data", "source": "/srv", "options": ["rbind", "idmap"],
              "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}],
              "gidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}]}
          ],
          "hooks": {
            "prestart": [{"path": "/a", "args": ["a"], "env": ["K=V"], "timeout": 1}], "createRuntime": [{"path": "/b"}],
            "createContainer": [{"path": "/c"}], "startContainer": [{"path": "/d"}], "poststart": [{"path": "/e"}],
            "poststop": [{"path": "/f"}]
          },
          "annotations": {"k": "v", "k2": ""},
          "linux": {
            "uidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}],
            "gidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}],
            "sysctl": {"net.ipv4.ip_forward": "1"}, "cgroupsPath": "/berth/x",
            "namespaces": [{"type": "pid"}, {"type": "network", "path": "/run/netns/x"}, {"type": "mount"},
              {"type": "ipc"}, {"type": "uts"}, {"type": "user"}, {"type": "cgroup"}, {"type": "time"}],
            "devices": [{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 438, "uid": 0,
              "gid": 0}],
            "netDevices": {"eth1": {"name": "eth0"}, "eth2": {}},
            "rootfsPropagation": "rslave", "maskedPaths": ["/proc/kcore"], "readonlyPaths": ["/proc/sys"],
            "mountLabel": "system_u:object_r:svirt_sandbox_file_t:s0",
            "intelRdt": {"closID": "g", "schemata": ["L3:0=f"], "l3CacheSchema": "L3:0=f", "memBwSchema": "MB:0=20",
              "enableMonitoring": true},
            "memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]},
            "personality": {"domain": "LINUX32"},
            "timeOffsets": {"monotonic": {"secs": 5, "nanosecs": 6}, "boottime": {"secs": -1}},
            "resources": {
              "devices": [{"allow": false, "access": "rwm"},
                {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rw"}],
              "memory": {"limit": 1048576, "reservation": 524288, "swap": 2097152, "kernel": -1, "kernelTCP": -1,
                "swappiness": 10, "disableOOMKiller": false, "useHierarchy": true, "checkBeforeUpdate": true},
              "cpu": {"shares": 1024, "quota": 100000, "burst": 10, "period": 100000, "realtimeRuntime": 950000,
                "realtimePeriod": 1000000, "cpus": "0-1", "mems": "0", "idle": 0},
              "pids": {"limit": 100},
              "blockIO": {"weight": 10, "leafWeight": 10,
                "weightDevice": [{"major": 8, "minor": 0, "weight": 500, "leafWeight": 300}],
                "throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 600}],
                "throttleWriteBpsDevice": [{"major": 8, "minor": 0, "rate": 600}],
                "throttleReadIOPSDevice": [{"major": 8, "minor": 0, "rate": 600}],
                "throttleWriteIOPSDevice": [{"major": 8, "minor": 0, "rate": 600}]},
              "hugepageLimits": [{"pageSize": "2MB", "limit": 18446744073709551615}],
              "network": {"classID": 1048577, "priorities": [{"name": "eth0", "priority": 500}]},
              "rdma": {"mlx5_1": {"hcaHandles": 3, "hcaObjects": 10000}},
              "unified": {"memory.high": "1000"}
            },
            "seccomp": {
              "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
              "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], "flags": ["SECCOMP_FILTER_FLAG_LOG"],
              "listenerPath": "/run/l.sock", "listenerMetadata": "m",
              "syscalls": [
                {"names": ["getcwd", "chmod"], "action": "SCMP_ACT_ALLOW"},
                {"names": ["personality"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
                  "args": [{"index": 0, "value": 18446744073709551615, "valueTwo": 8, "op": "SCMP_CMP_MASKED_EQ"}]},
                {"names": ["mount"], "action": "SCMP_ACT_NOTIFY"}]
            }
          }
        }
        """
}
