#include "CLinux.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

int berth_clone_file(int destination, int source) { return ioctl(destination, FICLONE, source); }

long berth_getdents64(int directory, void *buffer, size_t size) {
    return syscall(SYS_getdents64, directory, buffer, size);
}
