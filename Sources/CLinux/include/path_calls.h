// Files and directories beneath a descriptor.
#pragma once
#include <dirent.h>
#include <stdint.h>
#include <sys/sendfile.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

/// openat2(2), for which the C library has no wrapper. `resolve` takes the RESOLVE_* bits.
int berth_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);

#define BERTH_RESOLVE_NO_XDEV 0x01
#define BERTH_RESOLVE_NO_MAGICLINKS 0x02
#define BERTH_RESOLVE_NO_SYMLINKS 0x04
#define BERTH_RESOLVE_BENEATH 0x08
#define BERTH_RESOLVE_IN_ROOT 0x10

/// faccessat2(2) itself: glibc's faccessat emulates AT_EACCESS on some kernels, AT_EMPTY_PATH on none.
int berth_faccessat2(int directory, const char *path, int mode, int flags);

/// statx(2): 1 when `descriptor` refers to the root of a mount, 0 when not, -1 on failure.
int berth_is_mount_root(int descriptor);

/// flock(2) is also a structure's name: LOCK_EX, LOCK_SH without waiting, LOCK_UN.
int berth_lock_file(int descriptor);
int berth_try_lock_file_shared(int descriptor);
int berth_unlock_file(int descriptor);
