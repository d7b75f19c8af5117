internal import CLinux

extension FileDescriptor {
    /// An empty file that lives in memory and has no path; `name` is for people who look into /proc. See memfd_create(2).
    package static func memoryFile(_ name: String) throws(SystemCallError) -> FileDescriptor {
        FileDescriptor(owning: try checked("memfd_create", on: name) { memfd_create(name, UInt32(MFD_CLOEXEC)) })
    }

    /// Moves the offset, counted from the file's beginning. See lseek(2).
    package borrowing func seek(to offset: Int64) throws(SystemCallError) {
        let raw = rawValue
        try checked("lseek") { lseek(raw, Int(offset), SEEK_SET) }
    }
}
