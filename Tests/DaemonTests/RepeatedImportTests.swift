import Foundation
import TestKit
import Testing

/// What an import brings may be there already, under the same name or another one.
@Suite(.needsRoot) struct RepeatedImportTests {
    @Test(arguments: ImageRecipe.Form.allCases)
    func `an archive is imported again`(form: ImageRecipe.Form) async throws {
        try await withTenant { tenant async throws in
            let image = try await ImageRecipe(form: form).write(in: tenant.directory)
            for _ in 0..<2 {
                let run = try await tenant.berthctl("import", "-q", image.path)
                #expect(run.status == 0, "\(run.errors)")
            }
            let run = try await tenant.berthctl("run", "--rm", image.name, "true")
            #expect(run.status == 0, "\(run.errors)")
        }
    }

    @Test func `a directory becomes two images of one layer, and the second runs without the first`() async throws {
        try await withTenant { tenant async throws in
            let rootfs = tenant.directory + "/tree"
            try FileManager.default.createDirectory(atPath: rootfs + "/bin", withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: "/bin/busybox", toPath: rootfs + "/bin/true")
            for name in ["one", "two"] {
                let run = try await tenant.berthctl("import", "-q", "--rootfs", "--name", name, rootfs)
                #expect(run.status == 0, "\(run.errors)")
            }
            #expect(try await tenant.berthctl("rmi", "one").status == 0)
            let run = try await tenant.berthctl("run", "--rm", "two", "/bin/true")
            #expect(run.status == 0, "\(run.errors)")
        }
    }
}
