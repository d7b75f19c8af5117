// What a process may use of the machine: CPUs, priorities, memory nodes, and which system it pretends to be.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// sched_setattr(2), with the fields of its structure as arguments.
int berth_sched_setattr(int process, uint32_t policy, uint64_t flags, int32_t nice, uint32_t priority,
                        uint64_t runtime, uint64_t deadline, uint64_t period);

/// ioprio_set(2) for one process, 0 being the caller.
int berth_ioprio_set(int process, int priority);

/// sched_setaffinity(2) of the caller; `size` is in bytes.
int berth_set_affinity(const uint64_t *mask, size_t size);

/// set_mempolicy(2); `bits` is the number of nodes that `mask` has room for.
int berth_set_mempolicy(int mode, const uint64_t *mask, size_t bits);

/// personality(2), declared by a header that Swift does not need otherwise.
int berth_personality(unsigned long persona);
