internal import CLinux

/// getpid(2).
package func currentProcess() -> Int32 {
    getpid()
}

/// getuid(2).
package func currentUser() -> UInt32 {
    getuid()
}

/// Gives memory that was freed back to the kernel. See malloc_trim(3).
package func releaseFreeMemory() {
    malloc_trim(0)
}

/// getcwd(3).
package func workingDirectoryPath() throws(SystemCallError) -> String {
    try readSymbolicLink("/proc/self/cwd", in: workingDirectory)
}

/// The running kernel's release, as `uname -r` prints it. See uname(2).
package func kernelRelease() -> String {
    var names = utsname()
    guard uname(&names) == 0 else { return "" }
    return withUnsafeBytes(of: &names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}
