#ifndef BERTH_CGUEST_H
#define BERTH_CGUEST_H

// Makes any system call: 0 if it succeeded, or else its error number. See syscall(2).
int guest_system_call(long number, long first, long second, long third);

// Whether the process may write to the file: 0, or else the error number. See faccessat(2).
int guest_may_write(const char *path);

// The execution domain of the process. See personality(2).
int guest_personality(void);

// Class and level of the process's I/O priority, as the kernel packs them. See ioprio_get(2).
int guest_io_priority(void);

#endif
