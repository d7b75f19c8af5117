/// Where a process's input and output go, as its creator asked: each a FIFO's path, a URI, or empty for nowhere.
package struct StdioRequest: Hashable, Sendable {
    package var stdin: String
    package var stdout: String
    package var stderr: String
    /// Whether the three are a terminal; `stderr` is then unused.
    package var terminal: Bool

    package init(stdin: String = "", stdout: String = "", stderr: String = "", terminal: Bool = false) {
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.terminal = terminal
    }
}
