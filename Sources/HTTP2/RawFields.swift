internal import CNGHTTP2

/// Calls `body` with the fields as the library wants them, which copies what it keeps.
func withRawFields<Result>(
    _ fields: [HeaderField], _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Result
) -> Result {
    var text: [UInt8] = []
    text.reserveCapacity(fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count })
    for field in fields {
        text += field.name.utf8
        text += field.value.utf8
    }
    return text.withUnsafeMutableBufferPointer { text in
        var position = text.baseAddress
        let raw = fields.map { field in
            let name = position
            let value = name.map { $0 + field.name.utf8.count }
            position = value.map { $0 + field.value.utf8.count }
            return nghttp2_nv(
                name: name, value: value, namelen: field.name.utf8.count, valuelen: field.value.utf8.count,
                flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue))
        }
        return raw.withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
    }
}
