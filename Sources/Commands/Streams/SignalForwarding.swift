internal import Dispatch
internal import Glibc

/// Signals that end a program are the container's to answer while this one stands in for it.
final class SignalForwarding {
    private var sources: [any DispatchSourceSignal] = []

    init(_ forward: @escaping @Sendable (UInt32) -> Void) {
        for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { forward(UInt32(number)) }
            source.resume()
            sources.append(source)
        }
    }
}
