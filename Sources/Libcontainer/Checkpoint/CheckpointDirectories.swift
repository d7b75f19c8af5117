internal import Kernel

/// The directories that criu works in, open: it gets them by number.
struct CheckpointDirectories: ~Copyable {
    let images: FileDescriptor
    let work: FileDescriptor?
    /// Where criu's logs are.
    let logs: String

    /// - Parameter makesImages: whether the directory of images may be made.
    init(_ options: CheckpointOptions, makesImages: Bool) throws(ContainerError) {
        let images = try Self.open(options.imagePath, isMade: makesImages)
        let work = try options.workPath == nil ? nil : Self.open(options.workPath ?? "", isMade: true)
        self.images = images
        self.work = work
        logs = options.workPath ?? options.imagePath
    }

    private static func open(_ path: String, isMade: Bool) throws(ContainerError) -> FileDescriptor {
        do throws(SystemCallError) {
            do throws(SystemCallError) {
                if isMade { try Directory.make(path, mode: 0o700) }
            } catch {
                guard error.errno == .exists else { throw error }
            }
            return try FileDescriptor.open(path, [.readOnly, .directory])
        } catch {
            throw ContainerError("checkpoint", error)
        }
    }

    var workNumber: Int32? {
        switch work {
        case .some(let work): work.rawValue
        case .none: nil
        }
    }
}
