#define _GNU_SOURCE
#include "CGuest.h"

#include <errno.h>
#include <unistd.h>

int guest_system_call(long number, long first, long second, long third) {
    return syscall(number, first, second, third, 0, 0, 0) == -1 ? errno : 0;
}
