internal import Kernel

/// One cgroup's directory in one hierarchy: control files by name.
///
/// A seam for tests too: a plain directory with the same files behaves alike.
struct ControlDirectory: Sendable, Equatable {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    func file(_ name: String) -> String {
        path + "/" + name
    }

    func has(_ name: String) -> Bool {
        (try? FileDescriptor.open(file(name), .pathOnly)) != nil
    }

    /// Writes a value on behalf of a field of the configuration. A file that does not exist means that the kernel
    /// lacks what is asked for.
    func set(_ name: String, _ value: String, field: String) throws(CgroupError) {
        do {
            try write(name, value)
        } catch {
            if error.errno == .noSuchFile {
                throw .unsupported(field: field, missing: "no control file \"\(file(name))\"")
            }
            throw .system(error, field: field)
        }
    }

    func write(_ name: String, _ value: String) throws(SystemCallError) {
        let path = file(name)
        try FileDescriptor.open(path, [.writeOnly, .truncate]).write(value, name: path)
    }

    func text(_ name: String) throws(SystemCallError) -> String {
        try SmallFile.text(file(name))
    }

    /// The file's single number; nil where there is no such file. `max` is the greatest number.
    func number(_ name: String) -> UInt64? {
        guard let text = try? text(name) else { return nil }
        let word = text.prefix { $0 != "\n" }
        return word == "max" ? .max : UInt64(word) ?? Int64(word).map { UInt64(bitPattern: $0) }
    }

    /// Lines of a name and a number, such as those of `memory.stat`, one after the other.
    func forEachEntry(_ name: String, _ body: (Substring, UInt64) -> Void) {
        guard let text = try? text(name) else { return }
        for line in text.split(separator: "\n") {
            guard let space = line.firstIndex(of: " ") else { continue }
            let word = line[line.index(after: space)...]
            if let value = word == "max" ? .max : UInt64(word) { body(line[..<space], value) }
        }
    }
}

extension ControlDirectory {
    /// Processes of this cgroup itself.
    func processes() throws(SystemCallError) -> [Int32] {
        try text("cgroup.procs").split(separator: "\n").compactMap { Int32($0) }
    }

    /// Cgroups right below this one.
    func children() throws(SystemCallError) -> [ControlDirectory] {
        try Directory.entries(path).filter(\.isDirectory).map { ControlDirectory(file($0.name)) }
    }

    /// Processes of this cgroup and all below it. A cgroup that vanishes meanwhile has none.
    func allProcesses(depth: Int = 0) throws(SystemCallError) -> [Int32] {
        var found: [Int32] = []
        do {
            found = try processes()
            if depth < ControlDirectory.deepest {
                for child in try children() { found += try child.allProcesses(depth: depth + 1) }
            }
        } catch {
            if error.errno != .noSuchFile && error.errno != .noDevice { throw error }
        }
        return found
    }

    /// A container can nest cgroups as it likes; deeper ones than this are not walked into.
    static let deepest = 64
}
