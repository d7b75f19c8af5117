internal import Kernel

/// The process that makes spare shims by copying itself.
///
/// Starting a program is most of what a shim's start takes; a copy of one that runs already costs a fraction of that,
/// in time and, since the pages are shared until they are written to, in memory. The copies are children of the daemon,
/// as shims that it starts itself are.
///
/// On the channel each message brings the descriptor of a further channel, the copy's own; the answer is the copy's
/// process number, or a negative error number, in 4 bytes of the machine's order. When the daemon ends, so do the
/// zygote and all spares that were not assigned.
struct Zygote: ~Copyable {
    private let channel: Channel

    init(channel: consuming FileDescriptor) {
        self.channel = Channel(channel)
    }

    /// - Returns: nil in the zygote once the daemon is gone; in each copy, at once, the spare that it is.
    consuming func run() throws(SystemCallError) -> SpareShim? {
        let room = CommandLineRoom()
        while let orders = try nextRequest() {
            switch Result(catching: { () throws(SystemCallError) in try cloneProcess([], asSibling: true) }) {
            case .success(.child):
                try startSession()
                room?.show([ShimProgram.executable, "-spare"])
                return SpareShim(orders: Channel(FileDescriptor(owning: orders)), room: room)
            case .success(.parent(let pid, _)): try answer(pid)
            case .failure(let error): try answer(-error.errno.rawValue)
            }
            _ = FileDescriptor(owning: orders)
        }
        return nil
    }

    private func nextRequest() throws(SystemCallError) -> Int32? {
        var byte: UInt8 = 0
        var passed: Int32?
        var failure: SystemCallError?
        withUnsafeMutableBytes(of: &byte) { buffer in
            do throws(SystemCallError) {
                passed = try channel.receive(into: buffer).passed
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return passed
    }

    private func answer(_ number: Int32) throws(SystemCallError) {
        var failure: SystemCallError?
        withUnsafeBytes(of: number) { bytes in
            do throws(SystemCallError) { try channel.send(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
