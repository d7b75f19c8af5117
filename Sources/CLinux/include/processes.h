// Processes: clone3, pidfds, namespaces, credentials, limits.
#pragma once
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

/// clone3(2) without a stack of its own, so that it returns twice as fork(2) does. Returns the child's number in the
/// parent and 0 in the child. `pidfd` receives the child's pidfd in the parent. `cgroup` is the directory of a version 2
/// cgroup to be born in, or -1. With `sibling` the caller's parent is the new process's, and is told of its end by the
/// signal that tells it of the caller's.
pid_t berth_clone3(uint64_t flags, int *pidfd, int cgroup, int sibling);

/// waitid(2) with P_PIDFD and WEXITED | options. Returns 1 when the process has ended (`code` is CLD_EXITED, CLD_KILLED
/// or CLD_DUMPED, `status` the exit code or signal), 0 when WNOHANG found it alive, -1 on failure.
int berth_wait_pidfd(int pidfd, int options, int *code, int *status);

/// prctl(2) is variadic.
int berth_prctl(int operation, unsigned long second, unsigned long third, unsigned long fourth, unsigned long fifth);

/// capget(2) and capset(2) of the calling thread, as three 64-bit sets.
int berth_capget(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable);
int berth_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable);

/// prlimit(2); the C library types the resource as an enumeration.
int berth_setrlimit(int process, int resource, uint64_t soft, uint64_t hard);
int berth_getrlimit(int resource, uint64_t *soft, uint64_t *hard);

/// keyctl(2) KEYCTL_JOIN_SESSION_KEYRING, then view, read and search for its user: the serial, or -1.
int berth_join_session_keyring(const char *name);

/// Every signal's default action and an empty mask, for a process about to become somebody else's program.
int berth_reset_signals(void);

/// setgroups(2) and its two relatives as the kernel has them: for the calling thread, which here is the process.
int berth_setgroups(size_t count, const uint32_t *groups);
int berth_setresgid(uint32_t group);
int berth_setresuid(uint32_t user);

/// execveat(2) with AT_EMPTY_PATH: runs the file that `descriptor` refers to.
int berth_fexecve(int descriptor, char *const *arguments, char *const *environment);

/// The process's environment as it was given. `environ` is a global variable, which Swift 6 rightly distrusts.
char **berth_environment(void);

/// fcntl(2) F_SETFD; variadic.
int berth_set_close_on_exec(int descriptor, int close);
