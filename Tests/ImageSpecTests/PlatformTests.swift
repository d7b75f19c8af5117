import ImageSpec
import Testing

struct PlatformTests {
    @Test(arguments: [
        ("linux/amd64", "linux/amd64", true), ("amd64", "linux/amd64", true), ("linux/arm64", "linux/arm64/v8", true),
        ("linux/arm/v7", "linux/arm/v6", false), ("linux/arm64", "linux/amd64", false),
        ("linux/x86_64", "linux/amd64", true),
        ("windows/amd64", "linux/amd64", false), ("linux/arm64", "linux/aarch64/8", true),
        ("linux/arm", "linux/arm/v7", true), ("linux/arm", "linux/arm/v6", false), ("armel", "linux/arm/6", true),
        ("armhf", "linux/arm/v6", false), ("386", "linux/i386", true), ("linux/riscv64", "linux/riscv64", true),
        ("LINUX/AMD64", "linux/x86-64", true), ("macos/arm64", "darwin/arm64", true),
    ])
    func `a wanted platform takes what runs on it`(wanted: String, offered: String, fits: Bool) throws {
        let wanted = try #require(Platform(wanted))
        let offered = try #require(Platform(offered))
        #expect(wanted.accepts(offered) == fits)
    }

    @Test func `an operating system alone is meant for this machine's architecture`() throws {
        #expect(Platform("linux") == .host)
        #expect(Platform("windows")?.architecture == Platform.host.architecture)
        #expect(Platform("windows")?.os == "windows")
    }

    @Test func `an architecture alone is meant for this machine's operating system`() {
        #expect(Platform("s390x") == Platform(architecture: "s390x", os: "linux"))
        #expect(Platform("armhf") == Platform(architecture: "arm", os: "linux", variant: "v7"))
    }

    @Test func `a pair need not be known`() {
        #expect(Platform("haiku/m68k") == Platform(architecture: "m68k", os: "haiku"))
    }

    @Test(arguments: [
        "", "linux/", "a/b/c/d", "linux/am d64", "linux/\u{0}", "x", "haiku", "m68k", "*", "linux/*", "linux/a.b",
    ])
    func `what is no platform is refused`(text: String) {
        #expect(Platform(text) == nil)
    }
}
