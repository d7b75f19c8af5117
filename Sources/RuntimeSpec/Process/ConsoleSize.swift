/// A terminal's size in characters.
package struct ConsoleSize: Sendable, Equatable {
    package var height: UInt32 = 0
    package var width: UInt32 = 0

    package init() {}

    package init(height: UInt32, width: UInt32) {
        self.height = height
        self.width = width
    }
}

extension ConsoleSize: JSONRecord {
    package mutating func fields<Coder: JSONFieldCoder>(_ json: inout Coder) throws(Coder.Failure) {
        try json.field("height", &height)
        try json.field("width", &width)
    }
}
