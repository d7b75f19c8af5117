import Foundation
import TestKit
import Testing

/// The stock `ctr` between a real berthd and a real registry.
@Suite(.needsRoot, .serialized) struct RegistryClientTests {
    @Test func `an image that was pushed is pulled elsewhere and runs`() async throws {
        try await withBerthd("registry") { berthd async throws in
            let registry = try await ImageRegistry(in: berthd.directory)
            let image = try await TestImage(in: berthd.directory)
            let name = registry.host + "/tests/busybox:1"
            #expect(try await berthd.ctr("images", "import", image.path).status == 0)
            #expect(try await berthd.ctr("images", "tag", TestImage.name, name).status == 0)
            let push = try await berthd.ctr("images", "push", "--plain-http", name)
            #expect(push.status == 0, "\(push.errors)")

            let pull = try await berthd.ctr("-n", "other", "images", "pull", "--plain-http", name)
            #expect(pull.status == 0, "\(pull.errors)")
            let rows = try await berthd.ctr("-n", "other", "images", "ls").rows
            #expect(rows.dropFirst().map { $0[0] } == [name])
            #expect(rows.last?[2] == image.manifest)
            let run = try await berthd.ctr("-n", "other", "run", "--rm", name, "c1", "cat", "/etc/greeting")
            #expect(run.output == TestImage.greeting + "\n", "\(run.errors)")
            withExtendedLifetime(registry) {}
        }
    }

    @Test func `an image that the registry does not have is named, and nothing is left`() async throws {
        try await withBerthd("registry") { berthd async throws in
            let registry = try await ImageRegistry(in: berthd.directory)
            let name = registry.host + "/tests/none:1"
            let pull = try await berthd.ctr("images", "pull", "--plain-http", name)
            #expect(pull.status == 1)
            #expect(pull.errors.contains(name) && pull.errors.contains("not found"), "\(pull.errors)")
            #expect(try await berthd.ctr("images", "ls", "-q").output == "")
            #expect(try await berthd.ctr("content", "ls", "-q").output == "")
            withExtendedLifetime(registry) {}
        }
    }
}
