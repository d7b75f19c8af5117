internal import Glibc
internal import Kernel

/// Gives `body` the path of an empty directory that is removed afterwards, whatever happens, with all that is in it.
package func withScratchDirectory<Value>(
    _ name: String = "test", _ body: (String) async throws -> Value
) async throws -> Value {
    let path = try makeScratchDirectory(name)
    defer { removeTree(path) }
    return try await body(path)
}

/// The same for code without suspension.
package func withScratchDirectory<Value>(_ name: String = "test", _ body: (String) throws -> Value) throws -> Value {
    let path = try makeScratchDirectory(name)
    defer { removeTree(path) }
    return try body(path)
}

package struct ScratchError: Error {
    package let errno: Int32

    package init(errno: Int32) {
        self.errno = errno
    }
}

private func makeScratchDirectory(_ name: String) throws -> String {
    var template = Array("/tmp/berth-\(name)-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw ScratchError(errno: errno) }
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// Removes `path` and all beneath it without following symbolic links or leaving the file system.
package func removeTree(_ path: String) {
    guard let directory = try? FileDescriptor.open(path: path, [.readOnly, .directory, .noFollow]) else { return }
    empty(directory)
    rmdir(path)
}

private func empty(_ directory: borrowing FileDescriptor) {
    guard let device = try? directory.inode().device else { return }
    var listing = DirectoryListing(of: directory)
    while let entry = try? listing.next() {
        entry.withName { name in
            if let child = try? directory.open(name: name, [.readOnly, .directory, .noFollow]),
                (try? child.inode().device) == device
            {
                empty(child)
                try? directory.removeDirectory(name: name)
            } else {
                try? directory.unlink(name: name)
            }
        }
    }
}
