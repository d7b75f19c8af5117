internal import CLinux

/// The memory in which the kernel put this process's arguments, and from which it shows them to others: writing there
/// changes what ps(1) tells. See proc_pid_cmdline(5), and proc_pid_stat(5) for where it is.
package struct CommandLineRoom: Sendable {
    private let start: UInt
    private let count: Int

    /// Nil where /proc does not tell.
    package init?() {
        guard let text = try? SmallFile.text("/proc/self/stat"), let end = text.utf8.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        // The state, third in the manual, is the first here; arguments start and end at the 48th and 49th.
        let fields = text.utf8[end...].dropFirst().split(separator: UInt8(ascii: " "))
        guard fields.count > 46, let start = UInt(String(fields[45]) ?? ""), let end = UInt(String(fields[46]) ?? ""),
            start != 0, end > start
        else { return nil }
        self.start = start
        count = Int(end - start)
    }

    /// Shows `arguments` as the command line, cut off where there is no room.
    package func show(_ arguments: [String]) {
        guard let room = UnsafeMutablePointer<UInt8>(bitPattern: start) else { return }
        room.update(repeating: 0, count: count)
        var offset = 0
        for argument in arguments {
            for byte in argument.utf8 where offset < count - 1 {
                room[offset] = byte
                offset += 1
            }
            offset += 1
        }
    }
}
