#pragma once
#include <isa-l/igzip_lib.h>

/// How much memory a compressor of level 2 wants: a macro of macros that Swift does not import.
static const uint32_t berth_isal_level2_size = ISAL_DEF_LVL2_DEFAULT;
