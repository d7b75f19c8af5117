internal import CLinux

/// mkdirat(2).
package func makeDirectory(
    _ name: String, in directory: Int32 = AT_FDCWD, mode: UInt32
) throws(SystemCallError) {
    try retrying("mkdir", on: name) { mkdirat(directory, name, mode) }
}

/// mknodat(2); `mode` carries the type bits.
package func makeNode(
    _ name: String, in directory: Int32, mode: UInt32, major: UInt32 = 0, minor: UInt32 = 0
) throws(SystemCallError) {
    try retrying("mknod", on: name) { mknodat(directory, name, mode, gnu_dev_makedev(major, minor)) }
}

/// symlinkat(2).
package func makeSymbolicLink(_ name: String, in directory: Int32, to target: String) throws(SystemCallError) {
    try retrying("symlink", on: name) { symlinkat(target, directory, name) }
}

/// unlinkat(2) of a file.
package func removeFile(_ name: String, in directory: Int32 = AT_FDCWD) throws(SystemCallError) {
    try retrying("unlink", on: name) { unlinkat(directory, name, 0) }
}

/// unlinkat(2) of an empty directory.
package func removeDirectory(_ name: String, in directory: Int32 = AT_FDCWD) throws(SystemCallError) {
    try retrying("rmdir", on: name) { unlinkat(directory, name, AT_REMOVEDIR) }
}

/// renameat(2) within one directory.
package func renameEntry(_ name: String, to newName: String, in directory: Int32) throws(SystemCallError) {
    try retrying("rename", on: name) { renameat(directory, name, directory, newName) }
}

/// fchownat(2) with `AT_EMPTY_PATH`, so that a descriptor opened with `OpenFlags.pathOnly` serves. Nil leaves the
/// group.
package func changeOwner(of descriptor: Int32, uid: UInt32, gid: UInt32?) throws(SystemCallError) {
    try retrying("fchown") { fchownat(descriptor, "", uid, gid ?? UInt32.max, AT_EMPTY_PATH) }
}

/// readlinkat(2) of an entry of `directory`, or of `directory` itself, opened as a link, when `name` is empty.
package func readSymbolicLink(_ name: String, in directory: Int32) throws(SystemCallError) -> String {
    try withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer throws(SystemCallError) in
        let count = try retrying("readlink", on: name) {
            readlinkat(directory, name, buffer.baseAddress!, buffer.count)
        }
        return String(decoding: UnsafeRawBufferPointer(buffer)[0..<count], as: UTF8.self)
    }
}

/// faccessat2(2) with `AT_EACCESS`: whether the effective user may execute the file.
package func isExecutable(_ path: String) throws(SystemCallError) {
    try retrying("access", on: path) { berth_faccessat2(AT_FDCWD, path, X_OK, AT_EACCESS) }
}

/// faccessat2(2) with `AT_EACCESS`: whether the effective user may write to the file or directory, and its file system
/// allows it.
package func isWritable(_ path: String) -> Bool {
    (try? retrying("access", on: path) { berth_faccessat2(AT_FDCWD, path, W_OK, AT_EACCESS) }) != nil
}

/// fchdir(2).
package func changeDirectory(to directory: Int32) throws(SystemCallError) {
    try retrying("fchdir") { fchdir(directory) }
}

/// umask(2): answers the mask that was in force.
@discardableResult
package func setFileModeMask(_ mask: UInt32) -> UInt32 {
    umask(mask)
}

/// fchmod(2).
package func changeMode(of descriptor: Int32, permissions: UInt32) throws(SystemCallError) {
    try retrying("fchmod") { fchmod(descriptor, permissions) }
}

/// chdir(2).
package func changeDirectory(to path: String) throws(SystemCallError) {
    try retrying("chdir", on: path) { chdir(path) }
}

/// sendfile(2) until the end of `source`.
package func copyContents(from source: Int32, to target: Int32) throws(SystemCallError) {
    while try retrying("sendfile", { sendfile(target, source, nil, 1 << 30) }) > 0 {}
}

/// flock(2) with `LOCK_EX`. The lock ends with the last copy of the descriptor, those of child processes included.
package func lockFile(_ descriptor: Int32) throws(SystemCallError) {
    try retrying("flock") { berth_lock_file(descriptor) }
}

/// flock(2) with `LOCK_SH | LOCK_NB`: false if somebody holds the lock for himself.
package func tryLockFileShared(_ descriptor: Int32) -> Bool {
    berth_try_lock_file_shared(descriptor) == 0
}

/// flock(2) with `LOCK_UN`.
package func unlockFile(_ descriptor: Int32) {
    _ = berth_unlock_file(descriptor)
}
