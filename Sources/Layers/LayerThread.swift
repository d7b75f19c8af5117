internal import Glibc
internal import Model

/// A thread for what works through a whole layer: it would hold one of the few on which actors run for seconds, and
/// it wants an umask of its own. Must be joined.
struct LayerThread {
    private let thread: pthread_t

    private final class Work: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    init(_ work: @escaping @Sendable () -> Void) throws(Failure) {
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(Work(work))
        let status = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, argument.toOpaque())
        guard status == 0 else {
            argument.release()
            throw Failure(
                .resourceExhausted, "cannot start a thread: \(String(cString: strerror(status)).lowercased())")
        }
        self.thread = thread
    }

    func join() {
        pthread_join(thread, nil)
    }

    /// Runs `work` on a thread of its own and waits without holding the caller's.
    static func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            do throws(Failure) {
                let thread = try LayerThread {
                    do throws(Failure) {
                        continuation.resume(returning: .success(try work()))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
                pthread_detach(thread.thread)
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }
}
