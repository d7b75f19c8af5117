internal import ArgumentParser
internal import Glibc
internal import Model

/// Tells a person why the program ends, in one line; throwing the result ends it with exit status 1.
func fatal(_ failure: Failure) -> ExitCode {
    let line = Array("berthd: \(failure)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    return .failure
}
