#include "CLinux.h"

#include <linux/close_range.h>
#include <sys/syscall.h>

int berth_readable(int descriptor) {
    int count = 0;
    return ioctl(descriptor, FIONREAD, &count) == -1 ? -1 : count;
}

int berth_set_status_flags(int descriptor, int flags) { return fcntl(descriptor, F_SETFL, flags); }

int berth_status_flags(int descriptor) { return fcntl(descriptor, F_GETFL); }

int berth_set_descriptor_flags(int descriptor, int flags) { return fcntl(descriptor, F_SETFD, flags); }

int berth_duplicate_above(int descriptor, int lowest) { return fcntl(descriptor, F_DUPFD_CLOEXEC, lowest); }

static int unix_address(struct sockaddr_un *address, const char *path, size_t length) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (length == 0 || length >= sizeof address->sun_path) {
        errno = length == 0 ? ENOENT : ENAMETOOLONG;
        return -1;
    }
    memcpy(address->sun_path, path, length);
    return 0;
}

int berth_bind_unix(int socket, const char *path, size_t length) {
    struct sockaddr_un address;
    if (unix_address(&address, path, length) == -1) return -1;
    return bind(socket, (struct sockaddr *)&address, sizeof address);
}

int berth_connect_unix(int socket, const char *path, size_t length) {
    struct sockaddr_un address;
    if (unix_address(&address, path, length) == -1) return -1;
    return connect(socket, (struct sockaddr *)&address, sizeof address);
}

int berth_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

int berth_unix_path(int socket, void *path, size_t size) {
    struct sockaddr_un address;
    socklen_t length = sizeof address;
    memset(&address, 0, sizeof address);
    if (getsockname(socket, (struct sockaddr *)&address, &length) == -1) return -1;
    memset(path, 0, size);
    if (address.sun_family != AF_UNIX) return 0;
    size_t present = strnlen(address.sun_path, sizeof address.sun_path);
    if (present >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(path, address.sun_path, present);
    return 0;
}

int berth_peer_credentials(int socket, pid_t *process, uid_t *user, gid_t *group) {
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == -1) return -1;
    *process = credentials.pid;
    *user = credentials.uid;
    *group = credentials.gid;
    return 0;
}

enum { MAX_DESCRIPTORS = 16 };

union control {
    struct cmsghdr header;
    char space[CMSG_SPACE(MAX_DESCRIPTORS * sizeof(int))];
};

ssize_t berth_send_descriptors(int socket, const void *bytes, size_t size, const int *descriptors, size_t count) {
    if (count > MAX_DESCRIPTORS) {
        errno = EINVAL;
        return -1;
    }
    union control control;
    memset(&control, 0, sizeof control);
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

ssize_t berth_receive_descriptors(int socket, void *bytes, size_t size, int *descriptors, size_t *count) {
    union control control;
    struct iovec part = {.iov_base = bytes, .iov_len = size};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    size_t room = *count;
    *count = 0;
    if (received == -1) return -1;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t present = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < present; i++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof descriptor);
            if (*count < room)
                descriptors[(*count)++] = descriptor;
            else
                close(descriptor);
        }
    }
    return received;
}

int berth_close_on_exec_from(unsigned int first) {
    return (int)syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC);
}
