import ImageSpec
import Testing

struct ReferenceTests {
    @Test(arguments: [
        ("busybox", "docker.io/library/busybox:latest"),
        ("user/app:1.0", "docker.io/user/app:1.0"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("registry.example/a/b__c-d:V_1", "registry.example/a/b__c-d:V_1"),
        ("localhost/app:x", "localhost/app:x"),
    ])
    func `a short name is completed as docker completes it`(familiar: String, full: String) {
        #expect(Reference(familiar: familiar)?.description == full)
    }

    @Test(arguments: [
        "", "UPPER/case", "docker.io/", "docker.io/a//b", "docker.io/a:", "docker.io/a:-x", "docker.io/-a",
        "docker.io/a___b",
        "docker.io/a@sha256:123", "docker.io/a\u{0}b", "docker.io/../a", "docker.io/a/..",
    ])
    func `what is no reference is refused`(text: String) {
        #expect(Reference(familiar: text) == nil)
    }

    @Test func `a digest wins over a tag when the registry is asked`() {
        let hex = String(repeating: "a", count: 64)
        let reference = Reference("docker.io/library/app:1@sha256:\(hex)")
        #expect(reference?.object == "sha256:\(hex)")
        #expect(reference?.tag == "1")
    }
}
