package import NIOCore

/// Runs Swift tasks on the thread of an event loop, between its events.
///
/// A call that is read, handled and answered on one thread costs none of the wake-ups that going to a thread of the
/// pool and back would: they are most of what a small call takes. What blocks or computes for long must not be done
/// there; see `withTaskExecutorPreference(globalConcurrentExecutor)`.
package final class EventLoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    package init(_ loop: any EventLoop) {
        self.loop = loop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
