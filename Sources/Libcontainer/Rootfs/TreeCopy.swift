internal import Kernel

/// Copies what is in the directory `source` into the directory `target`, with owners and modes, for a tmpfs that begins
/// with the contents of what it covers. Links are copied as links, never followed.
func copyTree(from source: Int32, to target: Int32) throws(SystemCallError) {
    // A mount that was just made is only a place; to be changed it must be opened.
    let top = try FileDescriptor.open(".", [.readOnly, .directory], beneath: target)
    try copyEntries(from: source, to: top.rawValue, depth: 0)
    try copyMetadata(try FileStatus(of: source), to: top.rawValue)
}

/// Deeper trees are refused: each level holds two descriptors.
private let deepestCopy = 128

private func copyEntries(from source: Int32, to target: Int32, depth: Int) throws(SystemCallError) {
    guard depth < deepestCopy else { throw SystemCallError("openat", errno: .nameTooLong) }
    for entry in try Directory.entries(".", beneath: source) {
        try copyEntry(entry.name, from: source, to: target, depth: depth)
    }
}

private func copyEntry(_ name: String, from source: Int32, to target: Int32, depth: Int) throws(SystemCallError) {
    let status = try FileStatus(entry: name, of: source)
    switch status.kind {
    case .directory:
        try makeDirectory(name, in: target, mode: 0o700)
        let from = try FileDescriptor.open(name, [.readOnly, .directory, .noFollow], beneath: source)
        let to = try FileDescriptor.open(name, [.readOnly, .directory, .noFollow], beneath: target)
        try copyEntries(from: from.rawValue, to: to.rawValue, depth: depth + 1)
        try copyMetadata(status, to: to.rawValue)
    case .regular:
        let from = try FileDescriptor.open(name, [.readOnly, .noFollow], beneath: source)
        let to = try FileDescriptor.open(name, [.writeOnly, .create, .exclusive], mode: 0o600, beneath: target)
        try copyContents(from: from.rawValue, to: to.rawValue)
        try copyMetadata(status, to: to.rawValue)
    case .symbolicLink:
        try makeSymbolicLink(name, in: target, to: readSymbolicLink(name, in: source))
        let link = try FileDescriptor.open(name, [.pathOnly, .noFollow], beneath: target)
        try changeOwner(of: link.rawValue, uid: status.uid, gid: status.gid)
    case .characterDevice, .blockDevice, .fifo, .socket:
        try makeNode(name, in: target, mode: status.mode, major: status.major, minor: status.minor)
        let node = try FileDescriptor.open(name, [.pathOnly, .noFollow], beneath: target)
        try changeOwner(of: node.rawValue, uid: status.uid, gid: status.gid)
    case .other: break
    }
}

/// The owner first: changing it clears the set-user-ID bit.
private func copyMetadata(_ status: FileStatus, to descriptor: Int32) throws(SystemCallError) {
    try changeOwner(of: descriptor, uid: status.uid, gid: status.gid)
    try changeMode(of: descriptor, permissions: status.permissions)
}
