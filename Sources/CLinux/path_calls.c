#include "CLinux.h"

#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/syscall.h>

int berth_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int berth_faccessat2(int directory, const char *path, int mode, int flags) {
    return (int)syscall(SYS_faccessat2, directory, path, mode, flags);
}

int berth_is_mount_root(int descriptor) {
    struct statx status;
    if (statx(descriptor, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &status) == -1) return -1;
    return (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

int berth_lock_file(int descriptor) { return flock(descriptor, LOCK_EX); }

int berth_try_lock_file_shared(int descriptor) { return flock(descriptor, LOCK_SH | LOCK_NB); }

int berth_unlock_file(int descriptor) { return flock(descriptor, LOCK_UN); }
