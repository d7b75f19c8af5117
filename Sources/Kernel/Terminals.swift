internal import CLinux

/// Unlocks the slave of a freshly opened master and opens it by `TIOCGPTPEER`, without resolving a path that somebody
/// could have exchanged. See ioctl_tty(2).
package func openTerminalPeer(of master: Int32) throws(SystemCallError) -> FileDescriptor {
    try retrying("ioctl TIOCSPTLCK") { berth_unlock_terminal(master) }
    return FileDescriptor(owning: try retrying("ioctl TIOCGPTPEER") { berth_open_terminal_peer(master) })
}

/// Sets a terminal's size in characters; the foreground process group gets `SIGWINCH`.
package func setWindowSize(of terminal: Int32, columns: UInt16, rows: UInt16) throws(SystemCallError) {
    try retrying("ioctl TIOCSWINSZ") { berth_set_window_size(terminal, columns, rows) }
}

/// Makes `terminal` the controlling terminal of the calling session's leader.
package func setControllingTerminal(_ terminal: Int32) throws(SystemCallError) {
    try retrying("ioctl TIOCSCTTY") { berth_set_controlling_terminal(terminal) }
}
