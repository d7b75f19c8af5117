internal import Kernel

/// The passwd file of the root that the process is in. Its content is the image's: bounded, and never more than text.
enum PasswordFile {
    private static let longest = 1 << 20

    /// The home directory of the first entry with that user ID. See passwd(5).
    static func homeDirectory(of uid: UInt32) -> String? {
        guard
            let file = try? FileDescriptor.open(
                "/etc/passwd", resolving: [.inRoot, .noMagicLinks], relativeTo: workingDirectory,
                [.readOnly, .nonBlocking]),
            let status = try? FileStatus(of: file.rawValue), status.kind == .regular,
            let bytes = try? file.readAll(limit: longest)
        else { return nil }
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 6, omittingEmptySubsequences: false)
            guard fields.count >= 6, UInt32(String(decoding: fields[2], as: UTF8.self)) == uid else { continue }
            let home = fields[5]
            guard !home.isEmpty, !home.contains(0) else { return nil }
            return String(decoding: home, as: UTF8.self)
        }
        return nil
    }
}
