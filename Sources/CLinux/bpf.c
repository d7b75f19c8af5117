#include "CLinux.h"

#include <sys/syscall.h>

static int berth_bpf(enum bpf_cmd command, union bpf_attr *attributes) {
    return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

int berth_bpf_load_device_program(const uint64_t *instructions, uint32_t count, char *log, uint32_t log_size) {
    static const char license[] = "Apache-2.0";
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attributes.insns = (uint64_t)(uintptr_t)instructions;
    attributes.insn_cnt = count;
    attributes.license = (uint64_t)(uintptr_t)license;
    if (log) {
        attributes.log_level = 1;
        attributes.log_buf = (uint64_t)(uintptr_t)log;
        attributes.log_size = log_size;
    }
    return berth_bpf(BPF_PROG_LOAD, &attributes);
}

int berth_bpf_attach_device_program(int cgroup, int program, int replaced) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.target_fd = cgroup;
    attributes.attach_bpf_fd = program;
    attributes.attach_type = BPF_CGROUP_DEVICE;
    attributes.attach_flags = BPF_F_ALLOW_MULTI;
    if (replaced >= 0) {
        attributes.attach_flags |= BPF_F_REPLACE;
        attributes.replace_bpf_fd = replaced;
    }
    return berth_bpf(BPF_PROG_ATTACH, &attributes);
}

int berth_bpf_detach_device_program(int cgroup, int program) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.target_fd = cgroup;
    attributes.attach_bpf_fd = program;
    attributes.attach_type = BPF_CGROUP_DEVICE;
    return berth_bpf(BPF_PROG_DETACH, &attributes);
}

int berth_bpf_query_device_programs(int cgroup, uint32_t *ids, uint32_t *count) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.query.target_fd = cgroup;
    attributes.query.attach_type = BPF_CGROUP_DEVICE;
    attributes.query.prog_ids = (uint64_t)(uintptr_t)ids;
    attributes.query.prog_cnt = *count;
    int result = berth_bpf(BPF_PROG_QUERY, &attributes);
    *count = attributes.query.prog_cnt;
    return result;
}

int berth_bpf_program(uint32_t id) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_id = id;
    return berth_bpf(BPF_PROG_GET_FD_BY_ID, &attributes);
}
