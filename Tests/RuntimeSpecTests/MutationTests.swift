import RuntimeSpec
import TestKit
import Testing

/// What config.json and the process of `exec --process` become when an attacker, or a broken disk, has had them.
@Suite struct MutationTests {
    /// Documents of each kind in each part of the test.
    private static let rounds = fuzzRounds(1250)

    /// The reader answers with a value or an error that can be read, never with a trap; and what it accepts means the
    /// same when it has been written and is read again.
    @Test(arguments: 0..<8) func `a mutated configuration is read or refused`(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        let original = Array(Documents.complete.utf8)
        var accepted = 0
        for round in 0..<Self.rounds {
            let document = Mutation.of(original, using: &random)
            do throws(SpecError) {
                let spec = try Documents.read(document)
                accepted += 1
                let written = try Documents.read(JSONWriter.bytes(of: spec))
                #expect(written == spec, "seed \(seed), round \(round)")
                try spec.validate()
            } catch {
                expectReadable(error, "seed \(seed), round \(round)")
            }
        }
        #expect(accepted > 0 && accepted < Self.rounds)
    }

    @Test(arguments: 0..<8) func `a mutated process is read or refused`(seed: UInt64) throws {
        var random = SeededGenerator(state: seed &+ 1000)
        let whole = try #require(try Documents.parse(Documents.complete).process)
        let original = JSONWriter.bytes(of: whole)
        var accepted = 0
        for round in 0..<Self.rounds {
            let document = Mutation.of(original, using: &random)
            do throws(SpecError) {
                let process = try Documents.readProcess(document)
                accepted += 1
                let written = try Documents.readProcess(JSONWriter.bytes(of: process))
                #expect(written == process, "seed \(seed), round \(round)")
                try process.validate()
            } catch {
                expectReadable(error, "seed \(seed), round \(round)")
            }
        }
        #expect(accepted > 0 && accepted < Self.rounds)
    }

    /// A line that a log can hold: says something, is no longer than a few names, and has no control characters.
    private func expectReadable(_ error: SpecError, _ place: String) {
        let text = error.description
        #expect(!error.message.isEmpty && text.utf8.count < 4096, "\(place): \(text.prefix(200))")
        #expect(
            text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F },
            "\(place): \(text.debugDescription)")
    }
}

/// Damage to a document.
private enum Mutation {
    /// What stands for a value, or breaks one.
    private static let tokens = [
        "null", "true", "{", "}", "[", "]", "\"", "\\", ",", ":", "-1", "0", "18446744073709551616", "4294967296",
        "1e9",
        "-0", "0.5", "\\u0000", "\\ud800", "\u{0}", "{}", "[]", "\"\"", "\"/\"", "[[[[", "\u{7F}", "\u{1}",
    ]

    /// One to five changes: bytes overwritten, tokens put in, parts cut out, doubled or replaced, the end lost.
    static func of(_ original: [UInt8], using random: inout SeededGenerator) -> [UInt8] {
        var document = original
        for _ in 0...Int.random(in: 0..<5, using: &random) {
            guard !document.isEmpty else { break }
            let at = Int.random(in: 0..<document.count, using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: document[at] = UInt8.random(in: 0...255, using: &random)
            case 1: document.insert(contentsOf: token(&random), at: at)
            case 2: document.removeSubrange(at..<min(document.count, at + Int.random(in: 1..<20, using: &random)))
            case 3: document.removeLast(min(document.count, Int.random(in: 0..<200, using: &random)))
            case 4: replaceValue(of: &document, after: at, with: token(&random))
            case 5: document[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            default:
                let slice = Array(document[at..<min(document.count, at + 50)])
                document.insert(contentsOf: slice, at: Int.random(in: 0..<document.count, using: &random))
            }
        }
        return document
    }

    private static func token(_ random: inout SeededGenerator) -> [UInt8] {
        Array((tokens.randomElement(using: &random) ?? "").utf8)
    }

    /// The next value up to its comma or bracket, so that the document stays well formed more often than not.
    private static func replaceValue(of document: inout [UInt8], after start: Int, with token: [UInt8]) {
        guard let colon = document[start...].firstIndex(of: UInt8(ascii: ":")) else { return }
        let end = document[(colon + 1)...].firstIndex { byte in
            [UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]")].contains(byte)
        }
        document.replaceSubrange((colon + 1)..<(end ?? document.count), with: token)
    }
}
