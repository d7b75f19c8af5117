// What glibc declares under _GNU_SOURCE only, declared here once more for Swift, which sees the module without it.
// Defining _GNU_SOURCE for the module would change types that other modules share with it (fd_set, enum __rusage_who),
// and importing two views of one type into a file is an error of the compiler.
#pragma once

#include <linux/close_range.h>
#include <linux/memfd.h>
#include <linux/sched.h>
#include <spawn.h>
#include <sys/types.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif
#ifndef SEEK_DATA
#define SEEK_DATA 3
#define SEEK_HOLE 4
#endif
#ifndef SPLICE_F_MOVE
#define SPLICE_F_MOVE 1
#define SPLICE_F_NONBLOCK 2
#endif
#ifndef POSIX_SPAWN_SETSID
#define POSIX_SPAWN_SETSID 0x80
#endif

int close_range(unsigned first, unsigned last, int flags);
ssize_t copy_file_range(int source, off_t *from, int target, off_t *to, size_t count, unsigned flags);
int memfd_create(const char *name, unsigned flags);
int pipe2(int ends[2], int flags);
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int lowest);
int setns(int descriptor, int kind);
ssize_t splice(int source, off_t *from, int target, off_t *to, size_t count, unsigned flags);
int syncfs(int descriptor);
int unshare(int flags);
