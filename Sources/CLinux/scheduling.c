#include "CLinux.h"

#include <sys/personality.h>
#include <sys/syscall.h>

int berth_sched_setattr(int process, uint32_t policy, uint64_t flags, int32_t nice, uint32_t priority,
                        uint64_t runtime, uint64_t deadline, uint64_t period) {
    // `struct sched_attr` as of its first version, which the C library declares only lately.
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attributes = {sizeof attributes, policy, flags, nice, priority, runtime, deadline, period};
    return (int)syscall(SYS_sched_setattr, process, &attributes, 0);
}

int berth_ioprio_set(int process, int priority) {
    const int who_process = 1;
    return (int)syscall(SYS_ioprio_set, who_process, process, priority);
}

int berth_set_affinity(const uint64_t *mask, size_t size) {
    return (int)syscall(SYS_sched_setaffinity, 0, size, mask);
}

int berth_set_mempolicy(int mode, const uint64_t *mask, size_t bits) {
    return (int)syscall(SYS_set_mempolicy, mode, mask, bits);
}

int berth_personality(unsigned long persona) { return personality(persona); }
