#include "CLinux.h"

#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <sys/syscall.h>

pid_t berth_clone3(uint64_t flags, int *pidfd, int cgroup, int sibling) {
    struct clone_args arguments = {
        .flags = flags | CLONE_PIDFD | CLONE_CLEAR_SIGHAND | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0)
            | (sibling ? CLONE_PARENT : 0),
        .pidfd = (uint64_t)(uintptr_t)pidfd,
        .exit_signal = sibling ? 0 : SIGCHLD,
        .cgroup = cgroup >= 0 ? (uint64_t)cgroup : 0,
    };
    return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

int berth_wait_pidfd(int pidfd, int options, int *code, int *status) {
    siginfo_t info;
    info.si_pid = 0;
    if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | options) == -1) return -1;
    if (info.si_pid == 0) return 0;
    *code = info.si_code;
    *status = info.si_status;
    return 1;
}

int berth_prctl(int operation, unsigned long second, unsigned long third, unsigned long fourth, unsigned long fifth) {
    return prctl(operation, second, third, fourth, fifth);
}

int berth_capget(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {0};
    if (syscall(SYS_capget, &header, data) == -1) return -1;
    *effective = (uint64_t)data[1].effective << 32 | data[0].effective;
    *permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
    *inheritable = (uint64_t)data[1].inheritable << 32 | data[0].inheritable;
    return 0;
}

int berth_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {
        {(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
        {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)},
    };
    return (int)syscall(SYS_capset, &header, data);
}

int berth_setrlimit(int process, int resource, uint64_t soft, uint64_t hard) {
    struct rlimit64 limit = {.rlim_cur = soft, .rlim_max = hard};
    return prlimit64(process, resource, &limit, NULL);
}

int berth_getrlimit(int resource, uint64_t *soft, uint64_t *hard) {
    struct rlimit64 limit;
    if (prlimit64(0, resource, NULL, &limit) == -1) return -1;
    *soft = limit.rlim_cur;
    *hard = limit.rlim_max;
    return 0;
}

int berth_join_session_keyring(const char *name) {
    const uint32_t possessor_all = 0x3f000000, user_view_read_search = 0x000b0000;
    long serial = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name);
    if (serial == -1) return -1;
    if (syscall(SYS_keyctl, KEYCTL_SETPERM, serial, possessor_all | user_view_read_search) == -1) return -1;
    return (int)serial;
}

int berth_reset_signals(void) {
    // The clone cleared every handler; what is left are the signals that were ignored. The kernel is asked directly, in
    // whose structure all zeros are the default action: the C library keeps 32 and 33 for its threads and refuses to
    // change them, but lets every child of posix_spawn(3) ignore them.
    const char action[64] = {0};
    for (int signal = 1; signal < NSIG; signal++) {
        if (signal == SIGKILL || signal == SIGSTOP) continue;
        if (syscall(SYS_rt_sigaction, signal, action, NULL, (NSIG - 1) / 8) == -1) return -1;
    }
    sigset_t none;
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL);
}

int berth_setgroups(size_t count, const uint32_t *groups) { return (int)syscall(SYS_setgroups, count, groups); }

int berth_setresgid(uint32_t group) { return (int)syscall(SYS_setresgid, group, group, group); }

int berth_setresuid(uint32_t user) { return (int)syscall(SYS_setresuid, user, user, user); }

int berth_fexecve(int descriptor, char *const *arguments, char *const *environment) {
    return (int)syscall(SYS_execveat, descriptor, "", arguments, environment, AT_EMPTY_PATH);
}

char **berth_environment(void) { return environ; }

int berth_set_close_on_exec(int descriptor, int close) { return fcntl(descriptor, F_SETFD, close ? FD_CLOEXEC : 0); }
