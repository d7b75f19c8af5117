import ImageSpec
import Testing

struct PlatformTests {
    @Test(arguments: [
        ("linux/amd64", "linux/amd64", true), ("amd64", "linux/amd64", true), ("linux/arm64", "linux/arm64/v8", true),
        ("linux/arm/v7", "linux/arm/v6", false), ("linux/arm64", "linux/amd64", false),
        ("linux/x86_64", "linux/amd64", true),
        ("windows/amd64", "linux/amd64", false),
    ])
    func `a wanted platform takes what runs on it`(wanted: String, offered: String, fits: Bool) throws {
        let wanted = try #require(Platform(wanted))
        let offered = try #require(Platform(offered))
        #expect(wanted.accepts(offered) == fits)
    }

    @Test(arguments: ["", "linux/", "a/b/c/d", "linux/am d64", "linux/\u{0}"])
    func `what is no platform is refused`(text: String) {
        #expect(Platform(text) == nil)
    }
}
