internal import Kernel

/// A pseudo-terminal of a container's own devpts.
struct Terminal: ~Copyable {
    let master: FileDescriptor
    let slave: FileDescriptor

    /// Opens a new one by the `ptmx` of the devpts whose root `devpts` refers to. What it opened is checked: an image
    /// may have put a directory of its own where no devpts is mounted.
    static func open(in devpts: Int32) throws(SetupFailure) -> Terminal {
        let isDevpts = try during(.terminal, "/dev/pts/ptmx") { () throws(SystemCallError) in
            try filesystemMagic(of: devpts) == .devpts
        }
        guard isDevpts else {
            throw SetupFailure(
                .terminal, "/dev/pts/ptmx", refused: "a terminal needs a mount of type \"devpts\" at /dev/pts")
        }
        let master = try during(.terminal, "/dev/pts/ptmx") { () throws(SystemCallError) in
            try FileDescriptor.open(
                "ptmx", resolving: [.beneath, .noSymlinks, .noCrossDevice], relativeTo: devpts,
                [.readWrite, .noControllingTerminal])
        }
        let slave = try during(.terminal, "/dev/pts/ptmx") { () throws(SystemCallError) in
            try openTerminalPeer(of: master.rawValue)
        }
        return Terminal(master: master, slave: slave)
    }

    /// Makes it the controlling terminal of the calling session's leader and sends the master away. Answers the
    /// standard streams: the slave, three times.
    consuming func handOver(to creator: borrowing Channel, width: UInt16, height: UInt16) throws(SetupFailure)
        -> [Int32]
    {
        try during(.terminal, "/dev/pts/ptmx") { () throws(SystemCallError) in
            if width > 0, height > 0 { try setWindowSize(of: master.rawValue, columns: width, rows: height) }
            try setControllingTerminal(slave.rawValue)
            try creator.send(.terminal(master.rawValue))
        }
        let number = slave.release()
        return [number, number, number]
    }
}
