// Pseudo-terminals and the loopback interface: ioctl(2) is variadic.
#pragma once
#include <stdint.h>
#include <termios.h>

/// ioctl TIOCGPTPEER: the slave of `master`, opened without resolving any path. See ioctl_tty(2).
int berth_open_terminal_peer(int master);

/// ioctl TIOCSPTLCK with 0.
int berth_unlock_terminal(int master);

/// ioctl TIOCSWINSZ.
int berth_set_window_size(int terminal, uint16_t columns, uint16_t rows);

/// ioctl TIOCGWINSZ.
int berth_window_size(int terminal, uint16_t *columns, uint16_t *rows);

/// ioctl TIOCSCTTY with 0.
int berth_set_controlling_terminal(int terminal);

/// Brings up the interface "lo" of the calling thread's network namespace. See netdevice(7).
int berth_raise_loopback(void);
