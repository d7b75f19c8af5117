#define _GNU_SOURCE
#include "attacks.h"

#include <fcntl.h>
#include <stdio.h>

int exchange(const char *first, const char *second) {
    while (renameat2(AT_FDCWD, first, AT_FDCWD, second, RENAME_EXCHANGE) == 0) {
    }
    perror("attacker: exchange");
    return 1;
}
