internal import Kernel

/// The descriptors that a container's program starts with: 0, 1 and 2, and those handed on after them. Everything else
/// is closed before the program, or anybody in the container, could get at it.
enum StandardStreams {
    /// Puts `sources` at 0, 1, 2, ... and closes everything else but `kept`, which are moved right behind; answers
    /// where they are now. Numbers that Swift values own are dead after this: they must have been given up or never be
    /// closed.
    static func install(_ sources: [Int32], keeping kept: [Int32]) throws(SystemCallError) -> [Int32] {
        let count = Int32(sources.count)
        let end = count + Int32(kept.count)
        var high: [Int32] = []
        // First everything out of the way of the numbers to be filled, unless it is in place.
        for (index, source) in (sources + kept).enumerated() {
            high.append(source == Int32(index) || source >= end ? source : try duplicate(source, above: end))
        }
        for (index, source) in high.enumerated() where source != Int32(index) {
            try duplicate(source, onto: Int32(index))
        }
        try closeAll(from: end)
        for number in count..<end { try setCloseOnExecute(number, true) }
        for number in 0..<count where high[Int(number)] == number { try setCloseOnExecute(number, false) }
        return Array(count..<end)
    }

    /// The same for a process of a user namespace, whose root may not give away what is the host's: done for it from
    /// outside, by the map of a process that is in the namespace.
    static func give(
        _ io: ProcessIO, toUser uid: UInt32, ofProcess process: Int32, hostProc: Int32
    ) throws(ContainerError) {
        guard case .descriptors(let stdin, let stdout, let stderr, _) = io else { return }
        do throws(SystemCallError) {
            guard let user = try UserMappings.hostUser(of: uid, process: process, hostProc: hostProc) else { return }
            for number in [stdin, stdout, stderr] { try give(number, to: user) }
        } catch {
            throw ContainerError("give standard streams to user \(uid)", error)
        }
    }

    /// The user must be able to open /dev/stdout and its like, which are the descriptors' own files. Those that belong
    /// to no one, or are on read-only mounts, stay as they are; so does the null device, which is everybody's.
    static func giveTo(uid: UInt32) throws(SystemCallError) {
        for number in Int32(0)...2 { try give(number, to: uid) }
    }

    private static func give(_ number: Int32, to uid: UInt32) throws(SystemCallError) {
        let status = try FileStatus(of: number)
        let isNull = status.kind == .characterDevice && status.major == 1 && status.minor == 3
        if status.uid == uid || isNull { return }
        do {
            try changeOwner(of: number, uid: uid, gid: nil)
        } catch {
            let ignored: [Errno] = [.invalidArgument, .notPermitted, .readOnlyFilesystem]
            guard ignored.contains(error.errno) else { throw error }
        }
    }
}
