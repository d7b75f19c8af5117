// Programs that the kernel runs for a cgroup. See bpf(2); the C library has no wrapper.
#pragma once

#include "CLinux.h"

#include <linux/bpf.h>
#include <stdint.h>

/// BPF_PROG_LOAD for BPF_CGROUP_DEVICE, under a permissive licence; `log` receives the verifier's words, if not null.
/// Answers a descriptor, which is close-on-exec.
int berth_bpf_load_device_program(const uint64_t *instructions, uint32_t count, char *log, uint32_t log_size);

/// BPF_PROG_ATTACH with BPF_F_ALLOW_MULTI; in the place of `replaced` unless that is -1.
int berth_bpf_attach_device_program(int cgroup, int program, int replaced);

/// BPF_PROG_DETACH.
int berth_bpf_detach_device_program(int cgroup, int program);

/// BPF_PROG_QUERY: up to `*count` program IDs, `*count` then says how many there are.
int berth_bpf_query_device_programs(int cgroup, uint32_t *ids, uint32_t *count);

/// BPF_PROG_GET_FD_BY_ID.
int berth_bpf_program(uint32_t id);
