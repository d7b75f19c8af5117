// Plain files, directories and what file system they are on.
#pragma once

#include "CLinux.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <linux/magic.h>

/// fcntl(2) F_ADD_SEALS, variadic: a file of memfd_create(2) that can never be changed again.
int berth_seal(int file);

/// Whether it is such a file.
int berth_is_sealed(int file);
