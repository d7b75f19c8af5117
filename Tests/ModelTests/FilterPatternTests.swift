import Model
import Testing

struct FilterPatternTests {
    @Test(arguments: [
        ("abc", "xabcx", true), ("abc", "ab", false), ("", "", true), ("^$", "", true), ("^$", "a", false),
        ("^a.c$", "abc", true), ("^a.c$", "a\nc", false), ("(?s)^a.c$", "a\nc", true), ("a|b|", "zzz", true),
        ("^(a|b)+$", "abba", true), ("^(a|b)+$", "abca", false), ("^a*$", "", true), ("^a+$", "", false),
        ("^ab?c$", "ac", true), ("^a{2}$", "aa", true), ("^a{2}$", "aaa", false), ("^a{2,}$", "aaaa", true),
        ("^a{1,2}$", "aaa", false), ("^a{0}$", "", true), ("a{,2}", "a{,2}", true), ("^x{$", "x{", true),
        ("^[a-c]+$", "abc", true), ("^[^a-c]+$", "xyz", true), ("^[^a-c]+$", "xaz", false), ("^[]x]$", "]", true),
        ("^[a-]$", "-", true), (#"^[\d_]+$"#, "1_2", true), (#"^[\D]$"#, "1", false), ("^[[:alpha:]]$", "q", true),
        ("^[[:^alpha:]]$", "q", false), (#"^\d\w\s$"#, "1a ", true), (#"\bfoo\b"#, "a foo b", true),
        (#"\bfoo\b"#, "afoob", false), (#"^\Qa.b\E$"#, "a.b", true), (#"^\Qa.b\E$"#, "axb", false),
        (#"^\x41\x{1F600}\101$"#, "A😀A", true), ("(?i)ÄbC", "äBc", true), ("(?i)^[a-z]$", "Q", true),
        ("(?i:a)b", "Ab", true), ("(?i:a)b", "AB", false), ("(?m)^b$", "a\nb\nc", true), ("^b$", "a\nb\nc", false),
        (#"^docker\.io/"#, "docker.io/x", true), (#"^docker\.io/"#, "dockerxio/x", false), ("(a*)*b", "aab", true),
        ("(?P<name>a)(?<other>b)(?:c)", "abc", true), ("a*?b+?c??", "b", true), ("(|a)+", "", true),
        (#"\Aab\z"#, "ab", true), ("^(a(?i)b)c$", "aBc", true), ("^(a(?i)b)c$", "aBC", false),
    ])
    func `patterns mean what they mean in Go`(pattern: String, text: String, expected: Bool) throws {
        #expect(try FilterPattern(pattern).occurs(in: text) == expected)
    }

    @Test(arguments: [
        "(", ")", "a)", "[a", "[z-a]", "*a", "a**", "a{2}{3}", "a{1001}", "a{3,2}", #"\"#, #"\1"#, #"\q"#, "(?x)",
        "(?P<n", "(?P<n)", "x(?P<n)y", "[[:nope:]]", #"\p{Greek}"#, #"\x4"#, "((a{100}){100}){100}",
    ])
    func `a broken or outsized pattern is refused`(pattern: String) {
        #expect(throws: FilterPattern.Problem.self) { try FilterPattern(pattern) }
    }

    @Test func `deep nesting is refused, not followed`() {
        let pattern = String(repeating: "(", count: 2000) + String(repeating: ")", count: 2000)
        #expect(throws: FilterPattern.Problem.self) { try FilterPattern(pattern) }
    }

    @Test func `a pattern that would backtrack without end is answered`() throws {
        // A backtracking matcher needs more than 2^64 steps for this one; it would never return.
        let pattern = try FilterPattern("^(a|a|aa)*(a+)+$")
        #expect(!pattern.occurs(in: String(repeating: "a", count: 500) + "b"))
    }
}
