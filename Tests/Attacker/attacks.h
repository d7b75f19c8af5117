// What the attacker does, an attack each. All of them go on until they are killed, or for as long as they say.
#pragma once

/// Lets two paths change places, again and again.
int exchange(const char *first, const char *second);

/// Tries to get hold of every process that enters the container, before it has become the container's own program:
/// to trace it, to read its memory, to open what it has open. What it gets is told in `log`.
int seize(const char *log, const char *own_program);

/// Tries to open the program of every process that is not `own_program` for writing, and to write to it. What it gets
/// is told in `log`.
int overwrite(const char *log, const char *own_program);

/// Adds a line to `log`.
void tell(const char *log, const char *what, long number);

/// Calls `attack` with the number of every process but the caller, once.
void each_process(void (*attack)(int process));
