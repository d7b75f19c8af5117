internal import ImageSpec
internal import Kernel
package import Model

/// A committed blob's file, read by position.
package final class FileBlobReader: BlobReader {
    package let size: Int64
    private let file: FileDescriptor
    private let digest: Digest

    init(_ file: consuming FileDescriptor, digest: Digest) throws(Failure) {
        self.file = file
        self.digest = digest
        do throws(SystemCallError) {
            size = try self.file.inode().size
        } catch {
            throw .disk(error, "blob \"\(digest)\"")
        }
    }

    package func read(at offset: Int64, count: Int) throws(Failure) -> [UInt8] {
        guard offset >= 0, count >= 0 else {
            throw Failure(.outOfRange, "blob \"\(digest)\": read of \(count) bytes at \(offset)")
        }
        let wanted = Int(clamping: min(Int64(count), max(size - offset, 0)))
        return try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, used throws(Failure) in
            let target = UnsafeMutableRawBufferPointer(buffer)
            while used < wanted {
                let rest = UnsafeMutableRawBufferPointer(rebasing: target[used..<wanted])
                let read = try read(into: rest, at: offset + Int64(used))
                if read == 0 { return }
                used += read
            }
        }
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(Failure) -> Int {
        try disk("blob \"\(digest)\"") { () throws(SystemCallError) in try file.read(into: buffer, at: offset) }
    }
}
