internal import CLinux

/// A list of C strings as execve(2) wants it, built before the process is copied so that the copy needs no memory.
package struct StringVector: ~Copyable {
    private let strings: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    package init(_ values: [String]) {
        count = values.count
        strings = .allocate(capacity: values.count + 1)
        for (index, value) in values.enumerated() { strings[index] = strdup(value) }
        strings[values.count] = nil
    }

    deinit {
        for index in 0..<count { free(strings[index]) }
        strings.deallocate()
    }

    fileprivate borrowing func withPointer<Result>(
        _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        body(UnsafePointer(strings))
    }
}

/// execve(2). Returns only when it fails.
package func execute(
    _ path: String, _ arguments: borrowing StringVector, _ environment: borrowing StringVector
) -> SystemCallError {
    _ = arguments.withPointer { arguments in
        environment.withPointer { environment in execve(path, arguments, environment) }
    }
    return SystemCallError("execve", on: path)
}

/// execveat(2) of the file that `descriptor` refers to. Returns only when it fails.
package func execute(
    descriptor: Int32, _ arguments: borrowing StringVector, _ environment: borrowing StringVector
) -> SystemCallError {
    _ = arguments.withPointer { arguments in
        environment.withPointer { environment in berth_fexecve(descriptor, arguments, environment) }
    }
    return SystemCallError("execveat")
}

/// The environment this process was started with, as `NAME=value`. See environ(7).
package func environment() -> [String] {
    var entries: [String] = []
    var next = berth_environment()
    while let pointer = next?.pointee {
        entries.append(String(cString: pointer))
        next = next?.advanced(by: 1)
    }
    return entries
}
