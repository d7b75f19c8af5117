/// A comparison of one argument of a system call. See seccomp_rule_add(3).
package struct SeccompArgument: Sendable, Equatable {
    /// From 0 to 5.
    package var index: UInt32 = 0

    /// For `SCMP_CMP_MASKED_EQ` the mask.
    package var value: UInt64 = 0

    /// For `SCMP_CMP_MASKED_EQ` the value.
    package var valueTwo: UInt64 = 0

    package var op: SeccompOperator = .equal

    package init() {}

    package init(index: UInt32, value: UInt64, valueTwo: UInt64 = 0, op: SeccompOperator) {
        self.index = index
        self.value = value
        self.valueTwo = valueTwo
        self.op = op
    }
}

extension SeccompArgument: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.required("index", &index)
        try json.required("value", &value)
        try json.field("valueTwo", &valueTwo)
        try json.required("op", &op)
    }
}
