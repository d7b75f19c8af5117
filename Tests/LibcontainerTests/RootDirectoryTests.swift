internal import Kernel
internal import TestKit
internal import Testing

@testable internal import Libcontainer

/// Each rootfs has links that lead to a directory beside it, where nothing may ever appear.
@Suite struct RootDirectoryTests {
    private func withRoot(_ body: (borrowing RootDirectory, _ outside: String) throws -> Void) throws {
        try withScratchDirectory("root") { scratch in
            try makeDirectory(scratch + "/rootfs", mode: 0o755)
            try makeDirectory(scratch + "/outside", mode: 0o755)
            let root = RootDirectory(try FileDescriptor.open(scratch + "/rootfs", [.pathOnly, .directory]))
            try makeSymbolicLink("absolute", in: root.descriptor.rawValue, to: scratch + "/outside")
            try makeSymbolicLink("climbing", in: root.descriptor.rawValue, to: "../../../../" + scratch + "/outside")
            try makeSymbolicLink("loop", in: root.descriptor.rawValue, to: "loop")
            try body(root, scratch + "/outside")
            #expect(try Directory.entries(scratch + "/outside").isEmpty)
        }
    }

    @Test(arguments: ["/absolute/x/y", "/climbing/x", "/a/../../../b", "/absolute"])
    func `directories are made inside, wherever links lead`(path: String) throws {
        try withRoot { root, _ in
            _ = try root.makeDirectories(path)
            #expect(throws: Never.self) { _ = try root.open(path) }
        }
    }

    @Test func `files are made inside, wherever links lead`() throws {
        try withRoot { root, _ in
            let file = try root.makeFile("/absolute/file")
            #expect(try FileStatus(of: file.rawValue).kind == .regular)
        }
    }

    @Test func `a link to nowhere is where the directory is made`() throws {
        try withRoot { root, _ in
            try makeSymbolicLink("shm", in: root.descriptor.rawValue, to: "/run/shm")
            _ = try root.makeDirectories("/shm")
            #expect(throws: Never.self) { _ = try root.open("/run/shm", [.pathOnly, .directory]) }
        }
    }

    @Test func `a loop of links is an error`() throws {
        try withRoot { root, _ in
            #expect(throws: SystemCallError.self) { _ = try root.makeDirectories("/loop/x") }
        }
    }

    @Test func `links can be refused altogether`() throws {
        try withRoot { root, _ in
            #expect(throws: SystemCallError.self) { _ = try root.makeDirectories("/absolute", followingLinks: false) }
        }
    }

    @Test func `a path is cleaned as the container means it`() {
        #expect(RootDirectory.clean("/a//b/./../c/") == "/a/c")
        #expect(RootDirectory.clean("../../x") == "/x")
        #expect(RootDirectory.clean("") == "/")
    }
}
