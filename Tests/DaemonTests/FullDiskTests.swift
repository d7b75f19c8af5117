import Foundation
import TestKit
import Testing

/// A data directory on a file system of 4 MiB, half of which the metadata takes.
@Suite(.needsRoot, .serialized) struct FullDiskTests {
    private static let diskSize = 4 << 20
    /// Of which there is room for the archive, the blob and the tree together.
    private static let small = ImageRecipe(payload: 100 << 10)
    private static let tooLarge = ImageRecipe(payload: 6 << 20)
    /// Of which there is room for the blob, and then not for the tree.
    private static let tooLargeUnpacked = ImageRecipe(payload: 1200 << 10)

    private func expectSmallImageFits(_ tenant: Tenant) async throws {
        let before = try await Leftovers(of: tenant)
        let small = try await Self.small.write(in: tenant.directory)
        let run = try await tenant.ctr("images", "import", small.path)
        #expect(run.status == 0, "\(run.errors)")
        #expect(try await tenant.ctr("images", "ls", "-q").output == small.name + "\n")
        #expect(try await tenant.berthctl("rmi", small.name).status == 0)
        try await before.expectNone()
    }

    /// Takes all room that is left.
    private func fill(_ tenant: Tenant) throws -> String {
        let path = tenant.berthd.root + "/filler"
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        try #require(file >= 0)
        defer { close(file) }
        let block = [UInt8](repeating: 1, count: 4096)
        while write(file, block, block.count) > 0 {}
        try #require(errno == ENOSPC)
        return path
    }

    @Test func `an archive larger than the disk is refused with the reason, and nothing is left`() async throws {
        try await withTenant(diskSize: Self.diskSize) { tenant async throws in
            let before = try await Leftovers(of: tenant)
            let image = try await Self.tooLarge.write(in: tenant.directory)
            let run = try await tenant.berthctl("import", "-q", image.path)
            #expect(run.status == 125)
            #expect(
                run.errors.hasPrefix(
                    "berthctl: import \"\(image.path)\": the archive cannot be stored in \"\(tenant.berthd.root)\": "
                        + "the disk is full (no space left on device) after "), "\(run.errors)")
            #expect(run.errors.hasSuffix("free some space and retry\n"))
            try await before.expectNone()
            try await expectSmallImageFits(tenant)
        }
    }

    @Test func `a blob larger than the disk is named, and nothing of it is left`() async throws {
        try await withTenant(diskSize: Self.diskSize) { tenant async throws in
            let before = try await Leftovers(of: tenant)
            let image = try await Self.tooLarge.write(in: tenant.directory)
            let run = try await tenant.ctr("images", "import", image.path)
            #expect(run.status == 1)
            #expect(run.errors.contains("blobs/sha256/" + image.layer.dropFirst("sha256:".count)), "\(run.errors)")
            #expect(run.errors.contains("the disk is full (no space left on device); free some space and retry"))
            try await before.expectNone()
            try await expectSmallImageFits(tenant)
        }
    }

    @Test func `a layer that finds no room is named, and its snapshot taken back`() async throws {
        try await withTenant(diskSize: Self.diskSize) { tenant async throws in
            let before = try await Leftovers(of: tenant)
            let image = try await Self.tooLargeUnpacked.write(in: tenant.directory)
            let run = try await tenant.ctr("images", "import", image.path)
            #expect(run.status == 1)
            #expect(
                run.errors.contains("layer \"\(image.layer)\": entry \"payload\": the disk is full"), "\(run.errors)")
            // Stock ctr names the image before it unpacks it.
            #expect(try await tenant.ctr("images", "rm", "--sync", image.name).status == 0)
            try await before.expectNone()
            try await expectSmallImageFits(tenant)
        }
    }

    @Test func `on a disk without any room images can be removed, and then imported again`() async throws {
        try await withTenant(diskSize: Self.diskSize) { tenant async throws in
            let empty = try await Leftovers(of: tenant)
            let image = try await tenant.image(Self.small)
            let filler = try fill(tenant)
            let withImage = try await Leftovers(of: tenant)
            let again = try await ImageRecipe(payload: 100 << 10).write(in: tenant.directory)
            #expect(try await tenant.berthctl("import", "-q", again.path).status == 125)
            let run = try await tenant.berthctl("run", "--rm", image, "/payload")
            #expect(run.status == 125)
            #expect(run.errors.contains("no space left"), "\(run.errors)")
            try await withImage.expectNone()
            #expect(try await tenant.ctr("images", "rm", "--sync", image).status == 0)
            try await empty.expectNone()
            try FileManager.default.removeItem(atPath: filler)
            try await expectSmallImageFits(tenant)
        }
    }
}
