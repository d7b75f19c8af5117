// Filters of system calls. See seccomp(2); the C library has no wrapper.
#pragma once

#include "CLinux.h"

#include <stdint.h>

/// SECCOMP_SET_MODE_FILTER with `count` instructions of `struct sock_filter`. Answers 0, or the listener's descriptor,
/// which is close-on-exec, if the flags ask for one.
int berth_seccomp_load(const uint64_t *instructions, uint16_t count, uint32_t flags);

/// Whether the kernel takes all of the flags; nothing is loaded.
int berth_seccomp_knows(uint32_t flags);
