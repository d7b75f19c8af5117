internal import Dispatch

/// Runs work that waits for the disk or computes for long on a thread of its own, so that the few threads on which
/// actors run stay free for those who do not wait.
///
/// The work is not cancelled with the calling task: what it does to the disk it does completely.
package func blocking<Value: Sendable>(
    _ work: @escaping @Sendable () throws(Failure) -> Value
) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
        DispatchQueue.global(qos: .default).async {
            do throws(Failure) {
                continuation.resume(returning: .success(try work()))
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
    }
    return try result.get()
}
