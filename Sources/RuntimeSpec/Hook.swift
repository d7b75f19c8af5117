/// A program that the runtime runs with the container's state on its standard input.
package struct Hook: Sendable, Equatable {
    /// Absolute.
    package var path: String = ""

    /// With the program's name as the first, as for execv(3).
    package var args: [String] = []

    package var env: [String] = []

    /// Seconds, more than zero. The hook fails if it runs for longer.
    package var timeout: Int32?

    package init() {}

    package init(path: String, args: [String] = [], env: [String] = [], timeout: Int32? = nil) {
        self.path = path
        self.args = args
        self.env = env
        self.timeout = timeout
    }
}

extension Hook: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("path", &path)
        try json.field("args", &args)
        try json.field("env", &env)
        try json.field("timeout", &timeout)
    }
}
