internal import Kernel
internal import RuntimeSpec

/// What the standard streams of a container's init refer to outside of it, kept beside its images, so that a restore
/// puts other pipes and files in their place.
struct StreamImages: JSONRecord {
    /// By number: a pipe's name as the kernel has it, `file[MOUNT:INODE]` as criu has it, or a path.
    var names: [String] = []

    /// As runc's: a bare list.
    static let file = "descriptors.json"

    mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("streams", &names)
    }

    init() {}

    /// Of a process that runs.
    init(of pid: Int32) throws(ContainerError) {
        let mounts = try ContainerMounts.mountIDs(of: pid)
        do throws(SystemCallError) {
            for number in 0...2 {
                let name = try readSymbolicLink("/proc/\(pid)/fd/\(number)", in: workingDirectory)
                let isPipe = name.hasPrefix("pipe:")
                names.append(try isPipe ? name : Self.external(number, of: pid, mounts) ?? name)
            }
        } catch {
            guard error.errno == .noSuchFile else { throw ContainerError("read standard streams", error) }
        }
    }

    /// A file or FIFO on a mount that the container does not have, such as the host's /dev/null; not a terminal, which
    /// criu deals with, and no socket.
    private static func external(
        _ number: Int, of pid: Int32, _ mounts: Set<Substring>
    ) throws(SystemCallError) -> String? {
        let file = try FileDescriptor.open("/proc/\(pid)/fd/\(number)", .pathOnly)
        let status = try FileStatus(of: file.rawValue)
        let isTerminal = status.kind == .characterDevice && (status.major == 136 || status.major == 5)
        guard [.regular, .characterDevice, .fifo].contains(status.kind), !isTerminal else { return nil }
        for line in try SmallFile.text("/proc/\(pid)/fdinfo/\(number)").split(separator: "\n") {
            let words = line.split { $0 == ":" || $0 == "\t" || $0 == " " }
            guard words.first == "mnt_id", words.count == 2, let mount = Int(words[1]) else { continue }
            return mounts.contains(words[1])
                ? nil : "file[\(String(mount, radix: 16)):\(String(status.inode, radix: 16))]"
        }
        return nil
    }

    var files: [String] { names.filter { $0.hasPrefix("file[") } }

    /// What criu is to put in their place: its own descriptors of the same numbers.
    var inherited: [(key: String, descriptor: Int32)] {
        names.enumerated().filter { $0.element.hasPrefix("file[") || $0.element.hasPrefix("pipe:") }
            .map { ($0.element, Int32($0.offset)) }
    }

    func write(to directory: String) throws(ContainerError) {
        do {
            try SmallFile.replace(directory + "/" + Self.file, with: JSONWriter.bytes(of: self))
        } catch {
            throw ContainerError("write to checkpoint", error)
        }
    }

    /// Of a checkpoint.
    static func read(from directory: String) throws(ContainerError) -> StreamImages {
        let path = directory + "/" + file
        let bytes: [UInt8]
        do {
            bytes = try SmallFile.read(path)
        } catch {
            throw ContainerError("read checkpoint", error)
        }
        do {
            return try bytes.withUnsafeBytes { (buffer) throws(SpecError) in
                try JSONReader.parse(StreamImages.self, buffer)
            }
        } catch {
            throw ContainerError(.invalidArgument, "checkpoint: \"\(path)\": \(error)")
        }
    }
}
