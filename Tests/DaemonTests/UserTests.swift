import Foundation
import TestKit
import Testing

/// Users that `berthctl run` is given by name: who they are, the image says.
@Suite(.needsRoot, .serialized) struct UserTests {
    private func imported(_ tenant: Tenant, _ change: (String) throws -> Void) async throws -> String {
        let root = tenant.directory + "/image"
        for name in ["bin", "etc", "proc", "dev", "sys"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
        }
        try FileManager.default.copyItem(atPath: "/usr/bin/busybox", toPath: root + "/bin/busybox")
        for name in ["id", "true"] {
            try FileManager.default.createSymbolicLink(atPath: "\(root)/bin/\(name)", withDestinationPath: "busybox")
        }
        try "app:x:1000:1001::/:/bin/sh\n".write(toFile: root + "/etc/passwd", atomically: false, encoding: .utf8)
        try "staff:x:50:app\n".write(toFile: root + "/etc/group", atomically: false, encoding: .utf8)
        try change(root)
        let run = try await tenant.berthctl("import", "-q", "--name", "docker.io/library/users:1", root)
        try #require(run.status == 0, "\(run.errors)")
        return "docker.io/library/users:1"
    }

    @Test func `a user's name and its groups are the image's`() async throws {
        try await withTenant { tenant async throws in
            let image = try await imported(tenant) { _ in }
            let before = try await Leftovers(of: tenant)
            let run = try await tenant.berthctl("run", "--rm", "--user", "app", image, "id")
            #expect(run.output == "uid=1000(app) gid=1001 groups=50(staff),1001\n", "\(run.errors)")
            let other = try await tenant.berthctl("run", "--rm", "--user", "app:staff", image, "id")
            #expect(other.output == "uid=1000(app) gid=50(staff) groups=50(staff)\n", "\(other.errors)")
            try await before.expectNone()
        }
    }

    @Test func `a name that the image does not have is refused, and nothing is left`() async throws {
        try await withTenant { tenant async throws in
            let image = try await imported(tenant) { _ in }
            let before = try await Leftovers(of: tenant)
            let run = try await tenant.berthctl("run", "--rm", "--user", "nobody", image, "id")
            #expect(run.status == 125)
            #expect(
                run.errors
                    == "berthctl: user \"nobody\": the image's /etc/passwd has no \"nobody\"; give a number\n")
            try await before.expectNone()
        }
    }

    @Test func `an image's link does not make the host's users the container's`() async throws {
        try await withTenant { tenant async throws in
            let outside = tenant.directory + "/outside"
            try "app:x:4242:4242::/:/bin/sh\n".write(toFile: outside, atomically: false, encoding: .utf8)
            let image = try await imported(tenant) { root in
                try FileManager.default.removeItem(atPath: root + "/etc/passwd")
                try FileManager.default.createSymbolicLink(
                    atPath: root + "/etc/passwd", withDestinationPath: outside)
            }
            let run = try await tenant.berthctl("run", "--rm", "--user", "app", image, "id")
            #expect(run.status == 125)
            #expect(run.errors.contains("/etc/passwd has no \"app\""), "\(run.errors)")
        }
    }

    @Test func `a passwd that is a pipe holds nobody up`() async throws {
        try await withTenant { tenant async throws in
            let image = try await imported(tenant) { root in
                try FileManager.default.removeItem(atPath: root + "/etc/passwd")
                try #require(mkfifo(root + "/etc/passwd", 0o644) == 0)
            }
            let run = try await tenant.berthctl("run", "--rm", "--user", "app", image, "id")
            #expect(run.errors.contains("/etc/passwd has no \"app\""), "\(run.errors)")
        }
    }
}
