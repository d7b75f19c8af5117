#ifndef BERTH_CGUEST_H
#define BERTH_CGUEST_H

// Makes any system call: 0 if it succeeded, or else its error number. See syscall(2).
int guest_system_call(long number, long first, long second, long third);

#endif
