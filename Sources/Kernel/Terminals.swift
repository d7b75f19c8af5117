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

/// A terminal's size in characters; nil for what is no terminal. See ioctl_tty(2), `TIOCGWINSZ`.
package func windowSize(of terminal: Int32) -> (columns: UInt16, rows: UInt16)? {
    var columns: UInt16 = 0
    var rows: UInt16 = 0
    return berth_window_size(terminal, &columns, &rows) == 0 ? (columns, rows) : nil
}

/// Has a terminal hand over every key as it is, and undoes that at the end of its life. See termios(3), "Raw mode".
package struct RawTerminal: ~Copyable {
    private let terminal: Int32
    private let before: termios

    private init(_ terminal: Int32, before: termios) {
        self.terminal = terminal
        self.before = before
    }

    /// `notTerminal` for what is none. The descriptor is the caller's and outlives the result.
    package static func make(_ terminal: Int32) throws(SystemCallError) -> RawTerminal {
        var settings = termios()
        try checked("tcgetattr") { tcgetattr(terminal, &settings) }
        let before = settings
        cfmakeraw(&settings)
        // What the program writes has passed its own terminal; the line feeds of others on this one are still theirs.
        settings.c_oflag = before.c_oflag
        try retrying("tcsetattr") { tcsetattr(terminal, TCSANOW, &settings) }
        return RawTerminal(terminal, before: before)
    }

    deinit {
        var settings = before
        tcsetattr(terminal, TCSANOW, &settings)
    }
}
