internal import CLinux

/// An error number of the kernel, comparable and printable. See errno(3).
package struct Errno: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// The calling thread's errno, to be read straight after the failed call.
    package static var current: Errno { Errno(rawValue: berth_errno()) }

    package static let notPermitted = Errno(rawValue: EPERM)
    package static let noSuchFile = Errno(rawValue: ENOENT)
    package static let noSuchProcess = Errno(rawValue: ESRCH)
    package static let interrupted = Errno(rawValue: EINTR)
    package static let inputOutput = Errno(rawValue: EIO)
    package static let badDescriptor = Errno(rawValue: EBADF)
    package static let noChild = Errno(rawValue: ECHILD)
    package static let tryAgain = Errno(rawValue: EAGAIN)
    package static let accessDenied = Errno(rawValue: EACCES)
    package static let busy = Errno(rawValue: EBUSY)
    package static let exists = Errno(rawValue: EEXIST)
    package static let notDirectory = Errno(rawValue: ENOTDIR)
    package static let isDirectory = Errno(rawValue: EISDIR)
    package static let invalidArgument = Errno(rawValue: EINVAL)
    package static let notTerminal = Errno(rawValue: ENOTTY)
    package static let noSpace = Errno(rawValue: ENOSPC)
    package static let brokenPipe = Errno(rawValue: EPIPE)
    package static let nameTooLong = Errno(rawValue: ENAMETOOLONG)
    package static let notImplemented = Errno(rawValue: ENOSYS)
    package static let notEmpty = Errno(rawValue: ENOTEMPTY)
    package static let tooManyLinks = Errno(rawValue: ELOOP)
    package static let crossDevice = Errno(rawValue: EXDEV)
    package static let tooManyOpenFiles = Errno(rawValue: EMFILE)
    package static let fileTableFull = Errno(rawValue: ENFILE)
    package static let timedOut = Errno(rawValue: ETIMEDOUT)
    package static let addressInUse = Errno(rawValue: EADDRINUSE)
    package static let notSupported = Errno(rawValue: EOPNOTSUPP)
    package static let fileTooLarge = Errno(rawValue: EFBIG)
    package static let noDevice = Errno(rawValue: ENODEV)
    package static let noMemory = Errno(rawValue: ENOMEM)
    package static let connectionRefused = Errno(rawValue: ECONNREFUSED)
    package static let connectionReset = Errno(rawValue: ECONNRESET)
    package static let readOnlyFilesystem = Errno(rawValue: EROFS)
    package static let quotaExceeded = Errno(rawValue: EDQUOT)
}

extension Errno: CustomStringConvertible {
    /// The C library's wording, in lower case as all of Berth's messages: "no such file or directory".
    package var description: String {
        guard let text = strerror(rawValue) else { return "errno \(rawValue)" }
        let message = String(cString: text)
        return message.prefix(1).lowercased() + message.dropFirst()
    }
}
