#include "sealing.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void close_keeping_errno(int descriptor) {
    int number = errno;
    close(descriptor);
    errno = number;
}

static int set(int context, const char *key, const char *value) {
    return (int)syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, value, 0);
}

static int mount_context(int context, unsigned attributes) {
    if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) return -1;
    return (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
}

static int mount_tmpfs(void) {
    int context = (int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
    if (context < 0) return -1;
    int mount = mount_context(context, MOUNT_ATTR_RDONLY);
    close_keeping_errno(context);
    return mount;
}

static int mount_overlay(const char *upper, const char *lower) {
    int context = (int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC);
    if (context < 0) return -1;
    int mount = -1;
    if (set(context, "source", "berth") == 0 && set(context, "lowerdir+", upper) == 0 &&
        set(context, "lowerdir+", lower) == 0)
        mount = mount_context(context, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    close_keeping_errno(context);
    return mount;
}

// An overlay without an upper layer wants two others; what is in the second does not matter, for every program is found
// in the first. Where sysfs will not do, as in some containers, it is a new tmpfs, which costs one more grace period
// of the kernel when it goes.
static int mount_read_only(const char *directory) {
    int overlay = mount_overlay(directory, "/sys");
    if (overlay >= 0) return overlay;
    int empty = mount_tmpfs();
    if (empty < 0) return -1;
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", empty);
    overlay = mount_overlay(directory, path);
    close_keeping_errno(empty);
    return overlay;
}

// The same regular file, as far as an overlay shows it: with a device number of its own.
static int are_same(int one, int other) {
    struct stat first, second;
    if (fstat(one, &first) < 0 || fstat(other, &second) < 0) return 0;
    return S_ISREG(second.st_mode) && first.st_ino == second.st_ino && first.st_size == second.st_size;
}

// The program's place, cut into directory and name; the name's start, or NULL.
static char *find(int program, char place[PATH_MAX]) {
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", program);
    ssize_t length = readlink(link, place, PATH_MAX - 1);
    if (length < 0) return NULL;
    place[length] = '\0';
    char *slash = strrchr(place, '/');
    if (slash == NULL) {
        errno = ENOENT;
        return NULL;
    }
    *slash = '\0';
    return slash + 1;
}

static int open_copy(int original) {
    char place[PATH_MAX];
    char *name = find(original, place);
    if (name == NULL) return -1;
    int overlay = mount_read_only(*place == '\0' ? "/" : place);
    if (overlay < 0) return -1;
    int copy = openat(overlay, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    close_keeping_errno(overlay);
    if (copy < 0 || are_same(original, copy)) return copy;
    close(copy);
    errno = ENOENT;
    return -1;
}

int berth_open_on_overlay(const char *program) {
    int original = open(program, O_PATH | O_CLOEXEC);
    if (original < 0) return -1;
    int copy = open_copy(original);
    close_keeping_errno(original);
    return copy;
}
