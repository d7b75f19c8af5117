#include "CLinux.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int berth_open_terminal_peer(int master) { return ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC); }

int berth_unlock_terminal(int master) {
    int locked = 0;
    return ioctl(master, TIOCSPTLCK, &locked);
}

int berth_set_window_size(int terminal, uint16_t columns, uint16_t rows) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return ioctl(terminal, TIOCSWINSZ, &size);
}

int berth_set_controlling_terminal(int terminal) { return ioctl(terminal, TIOCSCTTY, 0); }

int berth_raise_loopback(void) {
    int channel = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (channel == -1) return -1;
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int result = ioctl(channel, SIOCSIFFLAGS, &request);
    int error = errno;
    close(channel);
    errno = error;
    return result;
}

int berth_window_size(int terminal, uint16_t *columns, uint16_t *rows) {
    struct winsize size = {0};
    int result = ioctl(terminal, TIOCGWINSZ, &size);
    *columns = size.ws_col;
    *rows = size.ws_row;
    return result;
}
