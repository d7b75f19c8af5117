/// What becomes of some system calls.
package struct SeccompRule: Sendable, Equatable {
    /// Those that the kernel or libseccomp does not know are passed over.
    package var names: [String] = []

    package var action: SeccompAction = .errno
    package var errnoRet: UInt32?

    /// All must hold; two for one argument are alternatives.
    package var args: [SeccompArgument] = []

    package init() {}

    package init(names: [String], action: SeccompAction, errnoRet: UInt32? = nil, args: [SeccompArgument] = []) {
        self.names = names
        self.action = action
        self.errnoRet = errnoRet
        self.args = args
    }
}

extension SeccompRule: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("names", &names)
        try json.required("action", &action)
        try json.field("errnoRet", &errnoRet)
        try json.field("args", &args)
    }
}
