/// The system calls that containers may make unless somebody says otherwise, by what they are for.
///
/// What is not here fails with EPERM. The table has the effect of the profiles that Docker, containerd and Podman ship, so
/// that what runs there runs here. Names that a kernel or libseccomp does not know are passed over, so that calls of all
/// architectures and of newer kernels stand in one list. See syscalls(2).
enum SystemCallTable {
    /// For every container.
    static let always = words([
        // Bytes of files, of pipes and between them.
        """
        read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek _llseek readahead
        copy_file_range sendfile sendfile64 splice tee vmsplice sync syncfs fsync fdatasync sync_file_range
        truncate truncate64 ftruncate ftruncate64 fallocate fadvise64 fadvise64_64 pipe pipe2
        """,
        // Descriptors.
        """
        open openat openat2 creat close close_range dup dup2 dup3 fcntl fcntl64 flock ioctl memfd_create memfd_secret
        name_to_handle_at
        """,
        // Names, and what is known of a file.
        """
        access faccessat faccessat2 stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat statx statfs statfs64
        fstatfs fstatfs64 statmount listmount readlink readlinkat getdents getdents64 chdir fchdir getcwd umask link
        linkat symlink symlinkat unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir mknod mknodat chmod
        fchmod fchmodat fchmodat2 chown chown32 lchown lchown32 fchown fchown32 fchownat utime utimes futimesat
        utimensat utimensat_time64
        """,
        // Extended attributes.
        """
        getxattr lgetxattr fgetxattr getxattrat setxattr lsetxattr fsetxattr setxattrat listxattr llistxattr flistxattr
        listxattrat removexattr lremovexattr fremovexattr removexattrat
        """,
        // Waiting for descriptors and for changes of files.
        """
        select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64 epoll_create epoll_create1 epoll_ctl
        epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4
        inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark
        """,
        // Asynchronous input and output of the old kind. io_uring is not here: it makes calls that no filter sees.
        "io_setup io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64 io_destroy",
        // Sockets. `socket` itself depends on the family, see `refusedFamilies`.
        """
        socketpair bind listen accept accept4 connect shutdown getsockname getpeername getsockopt setsockopt send sendto
        sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64
        """,
        // Memory.
        """
        brk mmap mmap2 munmap mremap mprotect madvise mincore msync mlock mlock2 mlockall munlock munlockall
        remap_file_pages pkey_alloc pkey_free pkey_mprotect map_shadow_stack mseal cachestat process_mrelease
        """,
        // Processes and threads. `clone` and `clone3` depend on namespaces, see `namespaceFlags`.
        """
        fork vfork execve execveat exit exit_group wait4 waitid waitpid getpid getppid gettid getpgid getpgrp setpgid
        getsid setsid set_tid_address set_thread_area get_thread_area set_robust_list get_robust_list prctl rseq
        pidfd_open pidfd_send_signal membarrier restart_syscall uretprobe ptrace process_vm_readv process_vm_writev
        """,
        // Locks between threads and processes.
        "futex futex_time64 futex_wait futex_wake futex_waitv futex_requeue",
        """
        ipc msgget msgsnd msgrcv msgctl semget semop semctl semtimedop semtimedop_time64 shmget shmat shmdt shmctl
        mq_open mq_unlink mq_notify mq_getsetattr mq_timedsend mq_timedsend_time64 mq_timedreceive
        mq_timedreceive_time64
        """,
        // Signals.
        """
        kill tkill tgkill rt_sigaction rt_sigprocmask rt_sigpending rt_sigsuspend rt_sigtimedwait
        rt_sigtimedwait_time64 rt_sigqueueinfo rt_tgsigqueueinfo rt_sigreturn sigreturn sigprocmask sigaltstack pause
        """,
        // Users and groups; what they may do is for capabilities to say.
        """
        getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 getresgid
        getresgid32 getgroups getgroups32 setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32
        setresuid setresuid32 setresgid setresgid32 setfsuid setfsuid32 setfsgid setfsgid32 setgroups setgroups32
        capget capset seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
        """,
        // Scheduling and limits.
        """
        sched_yield sched_setscheduler sched_getscheduler sched_setparam sched_getparam sched_setattr sched_getattr
        sched_setaffinity sched_getaffinity sched_get_priority_max sched_get_priority_min sched_rr_get_interval
        sched_rr_get_interval_time64 getpriority setpriority ioprio_get ioprio_set getrlimit ugetrlimit setrlimit
        prlimit64 getrusage getcpu
        """,
        // Time. To set the clock by adjtimex takes a capability, which the kernel asks for.
        """
        time times gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep
        clock_nanosleep_time64 nanosleep clock_adjtime clock_adjtime64 adjtimex alarm getitimer setitimer timer_create
        timer_delete timer_settime timer_settime64 timer_gettime timer_gettime64 timer_getoverrun timerfd_create
        timerfd_settime timerfd_settime64 timerfd_gettime timerfd_gettime64
        """,
        // The system as a whole.
        "uname sysinfo getrandom",
    ])

    /// For containers whose bounding set has the capability. What it is for, the kernel checks itself; without it there
    /// is no reason to reach that code.
    static let byCapability: [(capability: String, names: [String])] = [
        ("CAP_BPF", ["bpf"]),
        ("CAP_DAC_READ_SEARCH", ["open_by_handle_at"]),
        ("CAP_PERFMON", ["perf_event_open"]),
        (
            "CAP_SYS_ADMIN",
            words([
                """
                clone clone3 unshare setns mount umount umount2 mount_setattr move_mount open_tree fsopen fsconfig
                fsmount fspick quotactl quotactl_fd sethostname setdomainname bpf perf_event_open syslog fanotify_init
                lookup_dcookie
                """
            ])
        ),
        ("CAP_SYS_BOOT", ["reboot"]),
        ("CAP_SYS_CHROOT", ["chroot"]),
        ("CAP_SYS_MODULE", ["init_module", "finit_module", "delete_module"]),
        ("CAP_SYS_NICE", ["get_mempolicy", "set_mempolicy", "set_mempolicy_home_node", "mbind"]),
        ("CAP_SYS_PACCT", ["acct"]),
        ("CAP_SYS_PTRACE", ["kcmp", "pidfd_getfd", "process_madvise"]),
        ("CAP_SYS_RAWIO", ["ioperm", "iopl"]),
        ("CAP_SYS_TIME", ["clock_settime", "clock_settime64", "settimeofday", "stime"]),
        ("CAP_SYS_TTY_CONFIG", ["vhangup"]),
        ("CAP_SYSLOG", ["syslog"]),
    ]

    /// On machines of one of the architectures, by the names that Go has for them.
    static let byArchitecture: [(architectures: [String], names: [String])] = [
        (["amd64", "386"], ["arch_prctl", "modify_ldt"]),
        (
            ["arm64", "arm"],
            ["arm_fadvise64_64", "arm_sync_file_range", "breakpoint", "cacheflush", "set_tls", "sync_file_range2"]
        ),
        (["riscv64"], ["riscv_flush_icache"]),
        (["s390x"], ["s390_pci_mmio_read", "s390_pci_mmio_write", "s390_runtime_instr"]),
        (["ppc64le"], ["swapcontext", "sync_file_range2"]),
    ]

    /// What `personality` may ask for: Linux, Linux with uname(2) of 2.6 (UNAME26), both for 32 bits (PER_LINUX32), and
    /// what it is. Others turn protections of the address space off. See personality(2).
    static let personalities: [UInt64] = [0x0, 0x8, 0x2_0000, 0x2_0008, 0xFFFF_FFFF]

    /// The flags of clone(2) that make namespaces, all but that of time, whose bit `clone` has another use for.
    static let namespaceFlags: UInt64 = 0x7E02_0000

    /// Families that `socket` refuses: AF_ALG, of which the kernel's code let anyone write to files that are only readable
    /// (CVE-2026-31431), and AF_VSOCK, which knows of no network namespace. In ascending order. See socket(2).
    static let refusedFamilies: [UInt64] = [38, 40]

    private static func words(_ texts: [String]) -> [String] {
        texts.flatMap { $0.split { $0 == " " || $0 == "\n" }.map(String.init) }
    }
}
