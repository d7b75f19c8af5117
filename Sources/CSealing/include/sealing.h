// A program where nobody can write to it. In C, for one program needs it before the Swift runtime is set up.
#pragma once

/// Opens a program from an overlay without an upper layer, read-only by its nature, for execveat(2) with
/// `AT_EMPTY_PATH`. The overlay is attached nowhere and lives as long as the descriptor or a process that runs from it.
///
/// Returns a descriptor that is close-on-exec, or -1 with errno; `ENOENT` also when the path leads to another file by
/// the time that the overlay is there. Needs CAP_SYS_ADMIN and Linux 6.8, for `lowerdir+`.
int berth_open_on_overlay(const char *program);
