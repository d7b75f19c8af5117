internal import Glibc
internal import Kernel
package import Model
internal import Synchronization

/// Runs `body` on a thread with a mount namespace of its own, which goes with it: nothing mounted there is left or
/// seen elsewhere. Needs root.
package func inPrivateMountNamespace<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
    try onOwnThread {
        try unshareNamespaces(.mount)
        guard mount(nil, "/", nil, UInt(MS_REC) | UInt(MS_PRIVATE), nil) == 0 else {
            throw ScratchError(errno: errno)
        }
        return try body()
    }
}

/// Shows `mounts` at `target` in a private mount namespace while `body` runs on the thread that sees them.
package func withMounted<Value: Sendable>(
    _ mounts: [Mount], at target: String, _ body: @escaping @Sendable (String) throws -> Value
) throws -> Value {
    try inPrivateMountNamespace {
        mkdir(target, 0o755)
        for one in mounts { try perform(one, at: target) }
        return try body(target)
    }
}

private func perform(_ request: Mount, at target: String) throws {
    var flags: UInt = 0
    var data: [String] = []
    for option in request.options {
        switch option {
        case "ro": flags |= UInt(MS_RDONLY)
        case "rw": break
        case "rbind": flags |= UInt(MS_BIND | MS_REC)
        case "bind": flags |= UInt(MS_BIND)
        default: data.append(option)
        }
    }
    let readOnly = flags & UInt(MS_RDONLY) != 0
    guard mount(request.source, target, request.type, flags, data.joined(separator: ",")) == 0 else {
        throw ScratchError(errno: errno)
    }
    if request.type == "bind", readOnly {
        guard mount(nil, target, nil, UInt(MS_BIND | MS_REMOUNT | MS_RDONLY), nil) == 0 else {
            throw ScratchError(errno: errno)
        }
    }
}

/// Runs `body` on a new thread and waits for it.
package func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
    let box = OutcomeBox<Value>()
    let work = ThreadWork {
        let result = Result { try body() }
        box.value.withLock { $0 = result }
    }
    var thread = pthread_t()
    let argument = Unmanaged.passRetained(work)
    let status = pthread_create(
        &thread, nil,
        { argument in
            Unmanaged<ThreadWork>.fromOpaque(argument!).takeRetainedValue().run()
            return nil
        }, argument.toOpaque())
    guard status == 0 else {
        argument.release()
        throw ScratchError(errno: status)
    }
    pthread_join(thread, nil)
    return try box.value.withLock { $0! }.get()
}

private final class ThreadWork: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}

private final class OutcomeBox<Value: Sendable>: Sendable {
    let value = Mutex<Result<Value, any Error>?>(nil)
}
