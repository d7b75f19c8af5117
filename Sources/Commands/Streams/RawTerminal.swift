internal import Dispatch
internal import Glibc

/// This process's terminal, handed through to a container's: every key goes there, and so does every resize.
final class RawTerminal {
    private var saved = termios()
    private var resizes: (any DispatchSourceSignal)?

    /// Nil when standard input is no terminal.
    init?() {
        guard tcgetattr(STDIN_FILENO, &saved) == 0 else { return nil }
        var raw = saved
        cfmakeraw(&raw)
        tcsetattr(STDIN_FILENO, TCSANOW, &raw)
    }

    /// Calls `resized` now and whenever the window's size has changed. See ioctl_tty(2), `TIOCGWINSZ`.
    func follow(_ resized: @escaping @Sendable (_ width: UInt32, _ height: UInt32) -> Void) {
        let source = DispatchSource.makeSignalSource(signal: SIGWINCH, queue: .global())
        let report: @Sendable () -> Void = {
            var size = winsize()
            guard ioctl(STDIN_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return }
            resized(UInt32(size.ws_col), UInt32(size.ws_row))
        }
        source.setEventHandler(handler: report)
        source.resume()
        resizes = source
        report()
    }

    func restore() {
        resizes?.cancel()
        tcsetattr(STDIN_FILENO, TCSANOW, &saved)
    }
}
