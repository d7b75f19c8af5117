internal import Glibc

/// Mounts a temporary file system of `bytes` at `path` while `body` runs.
package func withSmallDisk<Value>(
    at path: String, bytes: Int, _ body: () async throws -> Value
) async throws -> Value {
    guard mount("berth-test", path, "tmpfs", 0, "size=\(bytes),mode=700") == 0 else { throw ScratchError(errno: errno) }
    defer { umount2(path, Int32(MNT_DETACH)) }
    return try await body()
}
