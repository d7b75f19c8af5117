// The pair of sockets between a container's owner and its init process.
#pragma once
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

/// sendmsg(2) of `count` bytes, with `descriptor` as SCM_RIGHTS unless it is -1; never raises SIGPIPE.
ssize_t berth_send(int channel, const void *bytes, size_t count, int descriptor);

/// recvmsg(2); a descriptor that came along is stored, close-on-exec, in `descriptor`, -1 otherwise.
ssize_t berth_receive(int channel, void *bytes, size_t capacity, int *descriptor);

/// bind(2) or connect(2) to a path in the file system; ENAMETOOLONG when it does not fit into an address.
int berth_bind_path(int channel, const char *path);
int berth_connect_path(int channel, const char *path);

/// accept4(2) with SOCK_CLOEXEC, whoever it is.
int berth_accept_anyone(int listener);
