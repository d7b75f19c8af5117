import Foundation
import TestKit
import Testing

/// Names that are taken, unknown or no names at all.
@Suite(.needsRoot, .serialized) struct BadNameTests {
    @Test func `a container's name that is taken is told with what to do, and the first one unharmed`() async throws {
        try await withTenant { tenant async throws in
            let image = try await tenant.image()
            #expect(try await tenant.berthctl("run", "-d", "--name", "c1", image, "sleep", "1000").status == 0)
            let before = try await Leftovers(of: tenant)
            let again = try await tenant.berthctl("run", "-d", "--name", "c1", image, "sleep", "1000")
            #expect(again.status == 125)
            #expect(
                again.errors == """
                    berthctl: container "c1": the name is taken; remove it with `berthctl rm -f c1` or choose another

                    """)
            let stock = try await tenant.ctr("run", "-d", image, "c1", "sleep", "1000")
            #expect(stock.status == 1)
            #expect(stock.errors.contains("\"c1\": already exists"), "\(stock.errors)")
            let task = try await tenant.ctr("t", "start", "-d", "c1")
            #expect(task.status == 1)
            #expect(task.errors.contains("task \"c1\": already exists"), "\(task.errors)")
            try await before.expectNone()
            #expect(try await tenant.ctr("t", "ls").rows.last?.last == "RUNNING")
            try await tenant.remove(.berthctl, "c1")
        }
    }

    @Test(arguments: ["a/b", "..", "a b", "-a", String(repeating: "a", count: 77)])
    func `a container's name that is no identifier is refused, and nothing is left`(name: String) async throws {
        try await withTenant { tenant async throws in
            let image = try await tenant.image()
            let before = try await Leftovers(of: tenant)
            let berthctl = try await tenant.berthctl("run", "--rm", "--name=\(name)", image, "true")
            #expect(berthctl.status == 125)
            #expect(berthctl.errors.hasPrefix("berthctl: container \"\(name)\": "), "\(berthctl.errors)")
            let ctr = try await tenant.ctr("run", "--rm", "--", image, name, "true")
            #expect(ctr.status == 1)
            #expect(ctr.errors.hasPrefix("ctr: container \"\(name)\": "), "\(ctr.errors)")
            #expect(ctr.errors.hasSuffix(": invalid argument\n"), "\(ctr.errors)")
            try await before.expectNone()
        }
    }

    @Test func `a namespace that nobody has used is empty, and stays unknown`() async throws {
        try await withTenant { tenant async throws in
            #expect(try await tenant.ctr("c", "ls").rows == [["CONTAINER", "IMAGE", "RUNTIME"]])
            #expect(try await tenant.ctr("images", "ls", "-q").output == "")
            #expect(try await tenant.ctr("t", "ls").rows == [["TASK", "PID", "STATUS"]])
            #expect(try await tenant.berthctl("ps").lines.count == 1)
            #expect(try await tenant.berthctl("images").lines.count == 1)
            let run = try await tenant.ctr("run", "--rm", TestImage.name, "c1")
            #expect(run.errors == "ctr: image \"\(TestImage.name)\": not found\n")
            #expect(try await tenant.ctr("namespaces", "ls", "-q").output == "")
        }
    }

    @Test func `a namespace that is no identifier is refused by every verb`() async throws {
        try await withTenant { tenant async throws in
            let berthd = tenant.berthd
            let before = try await Leftovers(of: tenant)
            for name in ["a/b", "..", "a b"] {
                let refusal = "namespace \"\(name)\": expected letters, digits and single . _ - between them"
                for verb in [
                    ["c", "ls"], ["images", "ls"], ["run", "--rm", TestImage.name, "c1"], ["content", "ls"],
                ] {
                    let run = try await berthd.ctr(["-n", name] + verb)
                    #expect(
                        run.errors.hasPrefix("ctr: ") && run.errors.hasSuffix("\(refusal): invalid argument\n"),
                        "\(run.errors)")
                }
                let made = try await berthd.ctr("namespaces", "create", name)
                #expect(made.errors == "ctr: \(refusal): invalid argument\n")
                let berthctl = try await ToolRun.run(
                    try Berthd.program("berthctl"), ["ps", "--address", berthd.address, "--namespace", name])
                #expect(berthctl.status == 125)
                #expect(berthctl.errors == "berthctl: \(refusal)\n")
            }
            #expect(try await berthd.ctr("namespaces", "ls", "-q").output == "")
            try await before.expectNone()
        }
    }

    @Test func `a namespace must be given`() async throws {
        try await withTenant { tenant async throws in
            let run = try await tenant.berthd.ctr("-n", "", "c", "ls")
            #expect(run.status == 1)
            #expect(run.errors == "ctr: namespace is required: failed precondition\n")
        }
    }

    @Test func `a socket that nobody listens on is named with what to do`() async throws {
        try await withScratchDirectory("bad") { directory in
            let run = try await ToolRun.run(
                try Berthd.program("berthctl"), ["ps", "--address", directory + "/none.sock"])
            #expect(run.status == 125)
            #expect(
                run.errors.hasPrefix(
                    "berthctl: socket \"\(directory)/none.sock\": is berthd running, with this --address?"))
        }
    }
}
