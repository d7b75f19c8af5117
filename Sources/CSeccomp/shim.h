#pragma once

// One view of the C library for every module of the process: their headers are merged when imported together.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <seccomp.h>
