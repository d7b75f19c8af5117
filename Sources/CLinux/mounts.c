#include "CLinux.h"

#include <sys/syscall.h>

int berth_pivot_root(const char *root, const char *old) { return (int)syscall(SYS_pivot_root, root, old); }

int berth_mount_setattr(int directory, const char *path, unsigned flags, uint64_t set, uint64_t clear,
                        uint64_t propagation, int user_namespace) {
    struct mount_attr attributes = {
        .attr_set = set,
        .attr_clr = clear,
        .propagation = propagation,
        .userns_fd = user_namespace < 0 ? 0 : (uint64_t)user_namespace,
    };
    return (int)syscall(SYS_mount_setattr, directory, path, flags, &attributes, sizeof attributes);
}
