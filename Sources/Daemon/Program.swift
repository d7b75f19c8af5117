internal import ArgumentParser
internal import Glibc
internal import Kernel

/// The program `berthd` as a whole.
package enum Program {
    /// Sets the process up, then does what the command line says.
    package static func run() async {
        // Two arenas, one per event loop, in place of eight per core: memory that is freed is reused, not hoarded.
        Allocator.limitArenas(to: 2)
        // A client that is gone shows as an error of write(2).
        signal(SIGPIPE, SIG_IGN)
        // Files get the modes that the code names.
        umask(0o022)
        await BerthdCommand.main()
    }
}
