#define _GNU_SOURCE
#include "attacks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *log_path;
static struct stat own;

/// Whether the process still is the runtime: 1 yes, 0 no, -1 that cannot be seen, as it should be.
static int is_foreign(int process) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/exe", process);
    int program = open(path, O_PATH | O_CLOEXEC);
    if (program < 0) return -1;
    struct stat status;
    int failed = fstat(program, &status);
    close(program);
    return failed ? -1 : status.st_ino != own.st_ino || status.st_dev != own.st_dev;
}

/// Descriptors of a container's program end at 2; what is above is the runtime's.
static void open_descriptors(int process) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", process);
    DIR *descriptors = opendir(path);
    if (!descriptors) return;
    for (struct dirent *entry; (entry = readdir(descriptors));) {
        if (atoi(entry->d_name) < 3) continue;
        int copy = openat(dirfd(descriptors), entry->d_name, O_PATH | O_CLOEXEC);
        if (copy >= 0) tell(log_path, "caught descriptor of", process);
        if (copy >= 0) close(copy);
    }
    closedir(descriptors);
}

static void open_file(int process, const char *name, int flags) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", process, name);
    int file = open(path, flags | O_CLOEXEC);
    if (file < 0) return;
    if (is_foreign(process) == 1) tell(log_path, "caught file of", process);
    close(file);
}

static void take_descriptor(int process) {
    int handle = pidfd_open(process, 0);
    if (handle < 0) return;
    for (int number = 3; number < 10; number++) {
        int copy = pidfd_getfd(handle, number, 0);
        if (copy >= 0) tell(log_path, "caught descriptor of", process);
        if (copy >= 0) close(copy);
    }
    close(handle);
}

static void trace(int process) {
    if (ptrace(PTRACE_SEIZE, process, 0, 0) != 0) return;
    if (ptrace(PTRACE_INTERRUPT, process, 0, 0) == 0) waitpid(process, NULL, __WALL);
    if (is_foreign(process) == 1) tell(log_path, "caught process", process);
    ptrace(PTRACE_DETACH, process, 0, 0);
}

static void attack(int process) {
    if (process == 1) return;
    // Processes that still are the runtime's own refuse to be looked at: that they were there is worth a note.
    static int last;
    int foreign = is_foreign(process);
    if (foreign == -1 && errno == EACCES && process != last) tell(log_path, "denied", last = process);
    if (foreign == 1) tell(log_path, "caught program of", process);
    open_descriptors(process);
    take_descriptor(process);
    open_file(process, "mem", O_RDWR);
    open_file(process, "environ", O_RDONLY);
    open_file(process, "root", O_PATH);
    open_file(process, "cwd", O_PATH);
    trace(process);
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
}

int seize(const char *log, const char *own_program) {
    log_path = log;
    if (stat(own_program, &own) != 0) return 1;
    tell(log, "began", getpid());
    for (;;) each_process(attack);
}
