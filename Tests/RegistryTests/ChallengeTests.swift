import Registry
import Testing

struct ChallengeTests {
    @Test func `a bearer challenge yields its parameters, commas and escapes included`() throws {
        let challenge = try #require(
            Challenge(#"Bearer realm="https://auth.example/token",service="a \"b\", c",scope=repository:x:pull"#))
        #expect(challenge.scheme == .bearer)
        #expect(
            challenge.parameters == [
                "realm": "https://auth.example/token", "service": #"a "b", c"#, "scope": "repository:x:pull",
            ])
    }

    @Test func `a basic challenge needs no parameters`() {
        #expect(Challenge("Basic")?.scheme == .basic)
        #expect(Challenge(#"basic realm="x""#)?.scheme == .basic)
    }

    @Test(arguments: ["", "Negotiate abc", "Digest realm=\"x\"", String(repeating: "Bearer a=b,", count: 1000)])
    func `a challenge that nobody here can answer is none`(header: String) {
        #expect(Challenge(header) == nil)
    }
}
