internal import ArgumentParser

/// One of the two systems that are compared, serving on a socket of its own.
struct Contender: Sendable {
    let name: String
    let address: String
    /// The supervisor's own process.
    let pid: Int32
}

extension Contender {
    /// - Parameter text: `SOCKET,PID`.
    init(_ text: String, name: String) throws {
        let parts = text.split(separator: ",").map(String.init)
        guard parts.count == 2, let pid = Int32(parts[1]) else {
            throw ValidationError("\(name) \"\(text)\": expected SOCKET,PID")
        }
        self.init(name: name, address: parts[0], pid: pid)
    }
}
