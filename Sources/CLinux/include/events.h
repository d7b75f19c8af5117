// Descriptors one waits on, and what moves bytes between them: epoll, signalfd, timerfd, eventfd, inotify, splice,
// Unix sockets, FIFOs, child processes.
#pragma once

#include "CLinux.h"

#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

/// ioctl(2) FIONREAD is variadic: bytes that can be read at once, or -1.
int berth_readable(int descriptor);

/// fcntl(2) F_SETFL and F_GETFL, F_SETFD, likewise variadic.
int berth_set_status_flags(int descriptor, int flags);
int berth_status_flags(int descriptor);
int berth_set_descriptor_flags(int descriptor, int flags);

/// fcntl(2) F_DUPFD_CLOEXEC with a lowest number.
int berth_duplicate_above(int descriptor, int lowest);

/// bind(2) and connect(2) on a Unix socket path of `length` bytes; -1 with ENAMETOOLONG when it does not fit.
int berth_bind_unix(int socket, const char *path, size_t length);
int berth_connect_unix(int socket, const char *path, size_t length);

/// accept4(2) and getsockname(2) take a transparent union. The accepted socket is close-on-exec and does not block; the
/// path is empty for a socket without one.
int berth_accept(int listener);
int berth_unix_path(int socket, void *path, size_t size);

/// SO_PEERCRED's structure is only declared for GNU sources.
int berth_peer_credentials(int socket, pid_t *process, uid_t *user, gid_t *group);

/// sendmsg(2) and recvmsg(2) with SCM_RIGHTS; control messages are built with macros. `*count` holds the number of
/// descriptors that fit, then of those received; they are close-on-exec.
ssize_t berth_send_descriptors(int socket, const void *bytes, size_t size, const int *descriptors, size_t count);
ssize_t berth_receive_descriptors(int socket, void *bytes, size_t size, int *descriptors, size_t *count);

/// Marks every descriptor from `first` on close-on-exec. See close_range(2).
int berth_close_on_exec_from(unsigned int first);
