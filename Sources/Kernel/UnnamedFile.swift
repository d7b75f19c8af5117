internal import CLinux

extension FileDescriptor {
    /// A file in `directory` that has no name and is gone with its last descriptor. See open(2), `O_TMPFILE`.
    package static func unnamedFile(in directory: String) throws(SystemCallError) -> FileDescriptor {
        FileDescriptor(
            owning: try retrying("open O_TMPFILE", on: directory) {
                berth_open_unnamed(directory)
            })
    }
}
