/// Damage to a message of binary fields, as protobuf's or ttrpc's.
package enum MessageMutation {
    /// Numbers that are one too many, and fields that are none.
    private static let tokens: [[UInt8]] = [
        [0], [0xFF], [0x80], [0x7F], [0x0A, 0], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0x0B], [0x0C], [0xF8, 1, 0],
        [UInt8](repeating: 0xFF, count: 4), [UInt8](repeating: 0xFF, count: 9) + [1],
        [UInt8](repeating: 0xFF, count: 11),
        [0x12, 4, 0x2E, 0x2E, 0x2F, 0], [0xC3], [0xED, 0xA0, 0x80], [0x0D, 1, 2, 3], [0x00, 0x01],
    ]

    /// One to four changes: bits turned, bytes overwritten, tokens put in, parts cut out, doubled or exchanged, the end
    /// lost.
    package static func of(_ original: [UInt8], using random: inout SeededGenerator) -> [UInt8] {
        var message = original
        for _ in 0...Int.random(in: 0..<4, using: &random) {
            guard !message.isEmpty else { return token(&random) }
            let at = Int.random(in: 0..<message.count, using: &random)
            let end = min(message.count, at + Int.random(in: 1..<20, using: &random))
            switch Int.random(in: 0..<8, using: &random) {
            case 0: message[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: message[at] = UInt8.random(in: 0...255, using: &random)
            case 2: message[at] = message[at] &+ (Bool.random(using: &random) ? 1 : 255)
            case 3: message.insert(contentsOf: token(&random), at: at)
            case 4: message.removeSubrange(at..<end)
            case 5: message.removeLast(message.count - at)
            case 6: message.replaceSubrange(at..<end, with: token(&random))
            default: message.insert(contentsOf: Array(message[at..<end]), at: message.count - (end - at))
            }
        }
        return message
    }

    private static func token(_ random: inout SeededGenerator) -> [UInt8] {
        tokens.randomElement(using: &random) ?? []
    }
}
