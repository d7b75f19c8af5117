// Mount namespaces: the descriptor-based mount calls, pivot_root.
#pragma once
#include <stdint.h>
#include <sys/mount.h>

/// pivot_root(2), for which the C library has no wrapper.
int berth_pivot_root(const char *root, const char *old);

/// mount_setattr(2), with the fields of its structure as arguments; -1 for no user namespace.
int berth_mount_setattr(int directory, const char *path, unsigned flags, uint64_t set, uint64_t clear,
                        uint64_t propagation, int user_namespace);

#define BERTH_AT_RECURSIVE 0x8000
#define BERTH_MOUNT_ATTR_RDONLY 0x00000001
#define BERTH_MOUNT_ATTR_NOSUID 0x00000002
#define BERTH_MOUNT_ATTR_NODEV 0x00000004
#define BERTH_MOUNT_ATTR_NOEXEC 0x00000008
#define BERTH_MOUNT_ATTR_ATIME 0x00000070
#define BERTH_MOUNT_ATTR_RELATIME 0x00000000
#define BERTH_MOUNT_ATTR_NOATIME 0x00000010
#define BERTH_MOUNT_ATTR_STRICTATIME 0x00000020
#define BERTH_MOUNT_ATTR_NODIRATIME 0x00000080
#define BERTH_MOUNT_ATTR_IDMAP 0x00100000
#define BERTH_MOUNT_ATTR_NOSYMFOLLOW 0x00200000

/// fsconfig(2) commands, as plain numbers: FSCONFIG_SET_FLAG and so on are an enumeration in C.
#define BERTH_FSCONFIG_SET_FLAG 0
#define BERTH_FSCONFIG_SET_STRING 1
#define BERTH_FSCONFIG_CMD_CREATE 6
