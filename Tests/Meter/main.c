// Measures a program, and the least that any container costs. In C, so that the measure itself is next to nothing: what
// a process held at most counts what its parent held when it was forked.
//
//   berth-meter time COMMAND [ARGUMENT...]
//       Runs the command without input or output and prints, when it has ended, its wall time in nanoseconds, its and
//       its reaped descendants' CPU time in microseconds, and what the largest of them was resident with in KiB.
//
//   berth-meter floor ROOTFS COMMAND [ARGUMENT...]
//       Runs the command in new namespaces on a root of its own: what is left of a container's start when nothing is
//       read, checked, limited or kept. The root has a procfs at /proc and a tmpfs at /dev, which must be there.
//
//   berth-meter floor-exec PID COMMAND [ARGUMENT...]
//       Runs the command in the namespaces and on the root of a process: what is left of an "exec".
//
// The exit code is the command's; 125 when there was none to run.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void fail(const char *step, const char *object) {
    fprintf(stderr, "berth-meter: %s \"%s\": %s\n", step, object, strerror(errno));
    _exit(125);
}

static int64_t nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static int exit_code(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int measure(char **command) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    int64_t start = nanoseconds();
    pid_t child;
    errno = posix_spawnp(&child, command[0], &actions, NULL, command, environ);
    if (errno != 0) fail("start", command[0]);
    int status;
    struct rusage usage;
    while (wait4(child, &status, 0, &usage) < 0) {
        if (errno != EINTR) fail("wait for", command[0]);
    }
    int64_t wall = nanoseconds() - start;
    int64_t cpu = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000) + usage.ru_utime.tv_usec +
                  usage.ru_stime.tv_usec;
    printf("%lld %lld %ld\n", (long long)wall, (long long)cpu, usage.ru_maxrss);
    return exit_code(status);
}

static int wait_for(pid_t child) {
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) fail("wait for", "the process");
    }
    return exit_code(status);
}

static _Noreturn void execute(char **command) {
    execvp(command[0], command);
    fail("execute", command[0]);
    _exit(125);
}

static void become_root(const char *path) {
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) fail("detach", "/");
    if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0) fail("bind", path);
    if (chdir(path) < 0) fail("enter", path);
    if (mount("proc", "proc", "proc", 0, NULL) < 0) fail("mount", "proc");
    if (mount("tmpfs", "dev", "tmpfs", 0, NULL) < 0) fail("mount", "dev");
    if (syscall(SYS_pivot_root, ".", ".") < 0) fail("pivot to", path);
    if (umount2(".", MNT_DETACH) < 0) fail("leave", "the host's root");
}

static int run_floor(const char *root, char **command) {
    struct clone_args arguments = {
        .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP,
        .exit_signal = SIGCHLD,
    };
    pid_t child = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child < 0) fail("clone for", command[0]);
    if (child > 0) return wait_for(child);
    become_root(root);
    execute(command);
}

static int run_floor_exec(const char *process, char **command) {
    int init = syscall(SYS_pidfd_open, atoi(process), 0);
    if (init < 0) fail("open process", process);
    if (setns(init, CLONE_NEWPID) < 0) fail("join the PID namespace of", process);
    pid_t child = fork();
    if (child < 0) fail("fork for", command[0]);
    if (child > 0) return wait_for(child);
    if (setns(init, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP) < 0)
        fail("join the namespaces of", process);
    execute(command);
}

int main(int count, char **words) {
    if (count >= 3 && strcmp(words[1], "time") == 0) return measure(words + 2);
    if (count >= 4 && strcmp(words[1], "floor") == 0) return run_floor(words[2], words + 3);
    if (count >= 4 && strcmp(words[1], "floor-exec") == 0) return run_floor_exec(words[2], words + 3);
    fputs("usage: berth-meter time COMMAND... | floor ROOTFS COMMAND... | floor-exec PID COMMAND...\n", stderr);
    return 125;
}
