#include "CLinux.h"

ssize_t berth_send(int channel, const void *bytes, size_t count, int descriptor) {
    struct iovec piece = {.iov_base = (void *)bytes, .iov_len = count};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (descriptor >= 0) {
        message.msg_control = control.space;
        message.msg_controllen = sizeof control.space;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    return sendmsg(channel, &message, MSG_NOSIGNAL);
}

ssize_t berth_receive(int channel, void *bytes, size_t capacity, int *descriptor) {
    struct iovec piece = {.iov_base = bytes, .iov_len = capacity};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    *descriptor = -1;
    ssize_t count = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
    if (count == -1) return -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
        memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
    return count;
}

static int address(struct sockaddr_un *address, const char *path) {
    size_t length = strlen(path);
    if (length >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->sun_path, path, length + 1);
    return 0;
}

int berth_bind_path(int channel, const char *path) {
    struct sockaddr_un name;
    if (address(&name, path) == -1) return -1;
    return bind(channel, (struct sockaddr *)&name, sizeof name);
}

int berth_connect_path(int channel, const char *path) {
    struct sockaddr_un name;
    if (address(&name, path) == -1) return -1;
    return connect(channel, (struct sockaddr *)&name, sizeof name);
}

int berth_accept_anyone(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }
