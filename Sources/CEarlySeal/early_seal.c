// A program that enters containers executes itself again from where nobody can write to it; `SealedExecutable` of Kernel
// says why, and does so for every command that needs it. Here it happens before the Swift runtime is set up, which
// takes about a millisecond and would be lost on a process that is about to be replaced. Whatever fails here is left to
// `SealedExecutable`.
#include "early_seal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sealing.h"

// The commands that have a copy of this process in a container. A word that only looks like one does no harm.
static const char *const commands[] = {"run", "create", "exec", "restore"};

static int enters_container(char **words) {
    for (; *words != NULL; words++) {
        for (unsigned index = 0; index < sizeof commands / sizeof *commands; index++) {
            if (strcmp(*words, commands[index]) == 0) return 1;
        }
    }
    return 0;
}

// The C library calls what stands in .init_array with main's arguments; 101 is before everybody else.
__attribute__((constructor(101))) static void execute_sealed(int count, char **words, char **environment) {
    struct statvfs place;
    if (count < 2 || !enters_container(words + 1)) return;
    if (statvfs("/proc/self/exe", &place) < 0 || place.f_flag & ST_RDONLY) return;
    int program = berth_open_on_overlay("/proc/self/exe");
    if (program < 0) return;
    syscall(SYS_execveat, program, "", words, environment, AT_EMPTY_PATH);
    close(program);
}
