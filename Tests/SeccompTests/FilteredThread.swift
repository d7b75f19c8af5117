import Glibc
import Kernel
import Seccomp

/// Runs code on a thread of its own, since a filter holds for one thread and cannot be taken off. Nil if the filter
/// killed the thread.
func underFilter(_ filter: SeccompFilter, _ body: @escaping () -> Int32) throws -> Int32? {
    onThread {
        do {
            _ = try filter.load()
            return body()
        } catch {
            return 99
        }
    }
}

func onThread(_ body: @escaping () -> Int32) -> Int32? {
    final class Work {
        let body: () -> Int32
        var result: Int32?

        init(_ body: @escaping () -> Int32) {
            self.body = body
        }
    }
    let work = Work(body)
    var thread = pthread_t()
    let started = pthread_create(
        &thread, nil,
        { argument in
            guard let argument else { return nil }
            let work = Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue()
            work.result = work.body()
            return nil
        }, Unmanaged.passUnretained(work).toOpaque())
    guard started == 0 else { return nil }
    pthread_join(thread, nil)
    return work.result
}
