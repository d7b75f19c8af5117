#pragma once

// The C library's allocator.
#include <malloc.h>
