// The kernel and libc surface that Swift cannot import by itself: variadic calls, macros with casts,
// system calls newer than the C library, and structures the C library does not declare.
// Nothing here decides anything; each function is one call.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "channels.h"
#include "gnu.h"
#include "mounts.h"
#include "path_calls.h"
#include "scheduling.h"
#include "processes.h"
#include "terminals.h"

/// errno is a macro over a function call; Swift needs a plain one.
int berth_errno(void);

/// open(2) is variadic.
int berth_openat(int directory, const char *path, int flags, mode_t mode);

/// fcntl(2) F_DUPFD_CLOEXEC, likewise variadic.
int berth_duplicate(int descriptor);

#include "bpf.h"
#include "events.h"
#include "files.h"
#include "filters.h"
#include "allocator.h"
#include "storage.h"

/// open(2) O_TMPFILE, a flag that Swift does not import.
int berth_open_unnamed(const char *directory);
