internal import Glibc

/// Standard error, for people.
enum Diagnostics {
    static func write(_ line: String) {
        StandardOutput.write(Array("\(Readable.plain(line))\n".utf8), to: STDERR_FILENO)
    }
}

enum StandardOutput {
    static func write(_ text: String) {
        write(Array(text.utf8), to: STDOUT_FILENO)
    }

    /// A reader that has gone away ends the output, not the program.
    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + written, bytes.count - written)
            }
            if count < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                return
            }
            written += count
        }
    }
}
