// Files as the stores keep them: sharing extents, extended attributes, directory listings.
#pragma once

#include <dirent.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/// ioctl(2) FICLONE is variadic, and its number a macro with a cast.
int berth_clone_file(int destination, int source);

/// getdents64(2), for which older C libraries have no wrapper.
long berth_getdents64(int directory, void *buffer, size_t size);
