internal import Kernel

/// A program that was built beside the tests.
enum BuiltProgram {
    struct Missing: Error {
        let name: String
    }

    static func path(_ name: String) throws -> String {
        let tests = try readSymbolicLink("/proc/self/exe", in: workingDirectory)
        let beside = tests.prefix(upTo: tests.lastIndex(of: "/") ?? tests.startIndex)
        for path in ["\(beside)/\(name)", try workingDirectoryPath() + "/.build/debug/\(name)"]
        where (try? isExecutable(path)) != nil {
            return path
        }
        throw Missing(name: name)
    }

    /// Puts a copy of it at `target`, for attacks on the file itself.
    static func copy(_ name: String, to target: String) throws {
        try copyFile(try path(name), to: target)
    }
}

/// A copy that anyone may execute.
func copyFile(_ source: String, to target: String) throws {
    let from = try FileDescriptor.open(source, .readOnly)
    let to = try FileDescriptor.open(target, [.writeOnly, .create, .exclusive], mode: 0o755)
    try copyContents(from: from.rawValue, to: to.rawValue)
}
