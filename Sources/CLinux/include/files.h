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
