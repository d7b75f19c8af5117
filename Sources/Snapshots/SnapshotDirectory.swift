internal import Kernel
internal import Model

/// A driver's directory: one numbered directory for each snapshot, mode 0700, and what the driver puts in it.
///
///     <number>/fs     the files
///     <number>/work   overlay's own; only where the driver wants it
///
/// A number is used once and never again, so a directory whose record is gone is garbage by that alone: removal
/// needs no other mark.
package final class SnapshotDirectory: Sendable {
    let path: String
    let root: FileDescriptor

    /// Makes it where missing, with the directories above it.
    init(path: String) throws(Failure) {
        // An overlay's options are one string in which these separate.
        guard path.hasPrefix("/"), !path.contains(where: { ",:\\".contains($0) }) else {
            throw .invalid("snapshot directory \"\(path)\": expected an absolute path without , : and \\")
        }
        self.path = path
        do throws(SystemCallError) {
            root = try Self.make(path)
        } catch {
            throw .disk(error, "snapshot directory \"\(path)\"")
        }
    }

    private static func make(_ path: String) throws(SystemCallError) -> FileDescriptor {
        var made = ""
        for component in path.split(separator: "/") {
            made += "/" + component
            if !Directory.exists(made) { try Directory.make(made, mode: 0o700) }
        }
        return try FileDescriptor.open(path: path, [.readOnly, .directory])
    }

    func filesPath(_ number: Int64) -> String { "\(path)/\(number)/fs" }
    func workPath(_ number: Int64) -> String { "\(path)/\(number)/work" }

    func openFiles(_ number: Int64) throws(SystemCallError) -> FileDescriptor {
        try root.open(name: "\(number)/fs", [.readOnly, .directory, .noFollow])
    }

    /// Makes a snapshot's directory and lets `fill` make what belongs in it.
    func make(
        _ number: Int64, _ fill: (borrowing FileDescriptor) throws(SystemCallError) -> Void
    ) throws(SystemCallError) {
        let name = String(number)
        try root.makeDirectory(name: name, permissions: 0o700)
        try fill(try root.open(name: name, [.readOnly, .directory, .noFollow]))
    }

    func remove(_ number: Int64) throws(SystemCallError) {
        try root.removeTree(name: String(number))
    }

    /// Numbers of all directories, and names that a removal cut short has left.
    func contents() throws(SystemCallError) -> (numbers: [Int64], leftovers: [String]) {
        let fresh = try root.open(name: ".", [.readOnly, .directory])
        var listing = DirectoryListing(of: fresh)
        var numbers: [Int64] = []
        var leftovers: [String] = []
        while let entry = try listing.next() {
            let name = String(decoding: entry.name, as: UTF8.self)
            if let number = Int64(name) { numbers.append(number) }
            if FileDescriptor.isRemovalName(name) { leftovers.append(name) }
        }
        return (numbers, leftovers)
    }
}
