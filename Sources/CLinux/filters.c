#include "CLinux.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

int berth_seccomp_load(const uint64_t *instructions, uint16_t count, uint32_t flags) {
    struct sock_fprog program = {.len = count, .filter = (struct sock_filter *)instructions};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

int berth_seccomp_knows(uint32_t flags) {
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, 0) == -1 && errno == EFAULT;
}
