// An attacker, for the tests of Tests/Advisories: a static program that is put into a container, or run beside one.
#define _GNU_SOURCE
#include "attacks.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/// No attack goes on for longer, whatever becomes of the test that began it.
static const unsigned longest_attack = 120;

void tell(const char *log, const char *what, long number) {
    char line[128];
    int length = snprintf(line, sizeof line, "%s %ld\n", what, number);
    int file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0 || write(file, line, (size_t)length) != length) _exit(3);
    close(file);
}

void each_process(void (*attack)(int process)) {
    DIR *processes = opendir("/proc");
    if (!processes) _exit(4);
    for (struct dirent *entry; (entry = readdir(processes));) {
        int process = atoi(entry->d_name);
        if (process > 0 && process != getpid()) attack(process);
    }
    closedir(processes);
}

int main(int count, char **words) {
    alarm(longest_attack);
    if (count == 4 && strcmp(words[1], "exchange") == 0) {
        prctl(PR_SET_PDEATHSIG, 9);
        return exchange(words[2], words[3]);
    }
    if (count == 4 && strcmp(words[1], "seize") == 0) return seize(words[2], words[3]);
    if (count == 4 && strcmp(words[1], "overwrite") == 0) return overwrite(words[2], words[3]);
    fprintf(stderr, "usage: attacker exchange PATH PATH | seize LOG OWN-PROGRAM | overwrite LOG OWN-PROGRAM\n");
    return 2;
}
