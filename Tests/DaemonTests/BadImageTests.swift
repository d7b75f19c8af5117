import Foundation
import TestKit
import Testing

/// Images that are not what they should be, by both clients: what is told, and that nothing is left.
///
/// Stock `ctr` names an image before it unpacks it, against containerd as well: what is left then is the image, and
/// goes with it.
@Suite(.needsRoot, .serialized) struct BadImageTests {
    private func withArchive(
        _ recipe: ImageRecipe, _ body: (Tenant, ImageRecipe.Written, Leftovers) async throws -> Void
    ) async throws {
        try await withTenant { tenant async throws in
            let image = try await recipe.write(in: tenant.directory)
            try await body(tenant, image, try await Leftovers(of: tenant))
        }
    }

    /// Imports with stock ctr what cannot be unpacked, and removes the image that it names all the same.
    private func refusal(byCtr image: ImageRecipe.Written, _ tenant: Tenant) async throws -> String {
        let run = try await tenant.ctr("images", "import", image.path)
        #expect(run.status == 1)
        for name in try await tenant.ctr("images", "ls", "-q").lines {
            #expect(try await tenant.ctr("images", "rm", "--sync", name).status == 0)
        }
        return run.errors
    }

    private func refusal(byBerthctl image: ImageRecipe.Written, _ tenant: Tenant) async throws -> String {
        let run = try await tenant.berthctl("import", "-q", image.path)
        #expect(run.status == 125)
        #expect(run.output == "")
        return run.errors
    }

    @Test func `an unknown image is named with what to do, and nothing is left`() async throws {
        try await withTenant { tenant async throws in
            let leftovers = try await Leftovers(of: tenant)
            let ctr = try await tenant.ctr("run", "--rm", "example.com/none:1", "c1")
            #expect(ctr.errors == "ctr: image \"example.com/none:1\": not found\n")
            let berthctl = try await tenant.berthctl("run", "--rm", "none")
            #expect(berthctl.status == 125)
            #expect(
                berthctl.errors == """
                    berthctl: image "none": not found; import or pull it first (see `berthctl images` for those there are)

                    """)
            try await leftovers.expectNone()
        }
    }

    // MARK: Platforms

    @Test(arguments: ImageRecipe.Foreign.allCases)
    func `an image for another machine is refused with what it has`(foreign: ImageRecipe.Foreign) async throws {
        try await withArchive(ImageRecipe(foreign: foreign)) { tenant, image, leftovers async throws in
            let errors = try await refusal(byBerthctl: image, tenant)
            #expect(
                errors.contains(
                    """
                    image "\(image.name)": no manifest for linux/\(TestImage.architecture) \
                    (has linux/\(ImageRecipe.otherArchitecture)
                    """), "\(errors)")
            try await leftovers.expectNone()
        }
    }

    @Test func `an image for another machine is not found by stock ctr`() async throws {
        try await withArchive(ImageRecipe(foreign: .index)) { tenant, image, leftovers async throws in
            let errors = try await refusal(byCtr: image, tenant)
            #expect(errors.contains("no match for platform"))
            #expect(errors.hasSuffix(": not found\n"))
            try await leftovers.expectNone()
        }
    }

    @Test(arguments: ImageRecipe.Foreign.allCases)
    func `an image for another machine is taken by who asks for it`(foreign: ImageRecipe.Foreign) async throws {
        try await withArchive(ImageRecipe(foreign: foreign)) { tenant, image, _ async throws in
            let platform = "linux/\(ImageRecipe.otherArchitecture)"
            let run = try await tenant.berthctl("import", "-q", "--platform", platform, image.path)
            #expect(run.output == image.name + "\n", "\(run.errors)")
        }
    }

    // MARK: Layers

    @Test func `a layer that is not what its name says is named`() async throws {
        try await withArchive(ImageRecipe(fault: .corruptLayer)) { tenant, image, leftovers async throws in
            let berthctl = try await refusal(byBerthctl: image, tenant)
            let blob = "blobs/sha256/" + image.layer.dropFirst("sha256:".count)
            #expect(berthctl.hasPrefix("berthctl: import \"\(image.path)\": \"\(blob)\": corrupt"), "\(berthctl)")
            #expect(berthctl.contains("expected \(image.layer)"))
            try await leftovers.expectNone()
            // Stock ctr stores under the digest that it finds, and misses the layer afterwards.
            let ctr = try await refusal(byCtr: image, tenant)
            #expect(ctr.hasSuffix("content \"\(image.layer)\": not found\n"), "\(ctr)")
            try await leftovers.expectNone()
        }
    }

    @Test func `content under a digest that it has not is refused`() async throws {
        try await withTenant { tenant async throws in
            let wrong = "sha256:" + String(repeating: "0", count: 64)
            let words = tenant.words(.ctr, "content", ["ingest", "--expected-digest", wrong, "r1"])
            let command = "echo some content | /usr/bin/ctr \(words.joined(separator: " "))"
            let run = try await ToolRun.run("/bin/sh", ["-c", command])
            #expect(run.status == 1)
            #expect(run.errors.contains("ingest \"r1\": unexpected commit digest sha256:"))
            #expect(run.errors.hasSuffix("expected \(wrong): failed precondition\n"), "\(run.errors)")
            #expect(try await tenant.ctr("content", "ls", "-q").output == "")
        }
    }

    @Test(arguments: ImageRecipe.Form.allCases)
    func `a layer that unpacks to something else is named`(form: ImageRecipe.Form) async throws {
        let recipe = ImageRecipe(form: form, fault: .foreignDiffID)
        try await withArchive(recipe) { tenant, image, leftovers async throws in
            let berthctl = try await refusal(byBerthctl: image, tenant)
            #expect(berthctl.hasPrefix("berthctl: layer \"\(image.layer)\": unpacks to \"sha256:"), "\(berthctl)")
            try await leftovers.expectNone()
            let ctr = try await refusal(byCtr: image, tenant)
            #expect(ctr.contains("wrong diff id calculated on extraction"))
            try await leftovers.expectNone()
        }
    }

    @Test(arguments: ImageRecipe.Form.allCases)
    func `a layer that ends in the middle of its data is named`(form: ImageRecipe.Form) async throws {
        let recipe = ImageRecipe(form: form, fault: .cutLayer)
        try await withArchive(recipe) { tenant, image, leftovers async throws in
            let what = "layer \"\(image.layer)\": gzip: ends in the middle of the data"
            let berthctl = try await refusal(byBerthctl: image, tenant)
            #expect(berthctl.hasPrefix("berthctl: \(what)"), "\(berthctl)")
            try await leftovers.expectNone()
            let ctr = try await refusal(byCtr: image, tenant)
            #expect(ctr.contains(what), "\(ctr)")
            try await leftovers.expectNone()
        }
    }

    @Test(arguments: ImageRecipe.Form.allCases)
    func `a layer that the archive lacks is named`(form: ImageRecipe.Form) async throws {
        let recipe = ImageRecipe(form: form, fault: .missingLayer)
        try await withArchive(recipe) { tenant, image, leftovers async throws in
            let berthctl = try await refusal(byBerthctl: image, tenant)
            let ctr = try await refusal(byCtr: image, tenant)
            switch form {
            case .layout:
                #expect(berthctl.contains("layer \"\(image.layer)\": content \"\(image.layer)\": not found"))
                #expect(ctr.hasSuffix("content \"\(image.layer)\": not found\n"), "\(ctr)")
            case .docker:
                #expect(
                    berthctl == """
                        berthctl: import "\(image.path)": manifest.json names "one/layer.tar", which the archive does \
                        not hold

                        """)
                #expect(ctr.contains("layer \"one/layer.tar\" not found"), "\(ctr)")
            }
            try await leftovers.expectNone()
        }
    }

    @Test func `a configuration that is no JSON is named`() async throws {
        try await withArchive(ImageRecipe(fault: .noConfiguration)) { tenant, image, leftovers async throws in
            let berthctl = try await refusal(byBerthctl: image, tenant)
            #expect(berthctl.contains("not a valid application/vnd.oci.image.config.v1+json document"), "\(berthctl)")
            #expect(berthctl.contains("image \"\(image.name)\""), "\(berthctl)")
            try await leftovers.expectNone()
        }
    }

    // MARK: Archives

    /// Where an archive ends too early.
    enum Cut: String, CaseIterable, CustomTestStringConvertible {
        case firstHeader, lastHeader, blob, betweenEntries, beforeEnd

        var testDescription: String { rawValue }

        func offset(in image: ImageRecipe.Written) -> Int {
            let starts = image.offsets.values.sorted()
            return switch self {
            case .firstHeader: 300
            case .lastHeader: starts[starts.count - 1] + 100
            case .blob: image.size / 2
            case .betweenEntries: starts[starts.count - 1]
            case .beforeEnd: starts[starts.count - 1] + TarText.blockSize + 20
            }
        }
    }

    @Test(arguments: ImageRecipe.Form.allCases, Cut.allCases)
    func `an archive that is cut off is named, and nothing of it is left`(form: ImageRecipe.Form, cut: Cut)
        async throws
    {
        try await withArchive(ImageRecipe(form: form)) { tenant, image, leftovers async throws in
            let whole = try Data(contentsOf: URL(fileURLWithPath: image.path))
            try whole.prefix(cut.offset(in: image)).write(to: URL(fileURLWithPath: image.path))
            let berthctl = try await tenant.berthctl("import", "-q", image.path)
            #expect(berthctl.status == 125)
            #expect(berthctl.errors.hasPrefix("berthctl: import \"\(image.path)\": "), "\(berthctl.errors)")
            try await leftovers.expectNone()
            let ctr = try await tenant.ctr("images", "import", image.path)
            #expect(ctr.status == 1, "\(ctr.output)")
            try await leftovers.expectNone()
        }
    }

    @Test func `an archive that is cut off in a blob is told so with the blob's name`() async throws {
        try await withArchive(ImageRecipe()) { tenant, image, _ async throws in
            let whole = try Data(contentsOf: URL(fileURLWithPath: image.path))
            try whole.prefix(Cut.blob.offset(in: image)).write(to: URL(fileURLWithPath: image.path))
            let errors = try await refusal(byBerthctl: image, tenant)
            let blob = "blobs/sha256/" + image.layer.dropFirst("sha256:".count)
            #expect(
                errors.hasPrefix(
                    "berthctl: import \"\(image.path)\": the archive is damaged or cut off at or after \"\(blob)\""),
                "\(errors)")
        }
    }
}
