import Kernel
import RuntimeSpec
import Seccomp
import TestKit
import Testing

@Suite struct FilterCacheTests {
    private func entry(_ directory: String) throws -> String {
        let names = try Directory.entries(directory).map(\.name)
        try #require(names.count == 1, "\(names)")
        return directory + "/" + names[0]
    }

    /// Tells an entry from one that was put in its place.
    private func inode(_ path: String) throws -> UInt64 {
        try FileDescriptor.open(path, [.pathOnly, .noFollow]).inode().number
    }

    @Test func `a filter comes from the cache the second time, the same as the first`() throws {
        try withScratchDirectory { directory in
            let cache = FilterCache(directory: directory + "/filters")
            let made = try cache.filter(for: Profiles.allowList())
            #expect(try made == SeccompFilter(Profiles.allowList()).program)
            let path = try entry(directory + "/filters")
            let first = try inode(path)
            #expect(try cache.filter(for: Profiles.allowList()) == made)
            #expect(try inode(path) == first, "it was not made again")
        }
    }

    @Test func `profiles that differ in anything have entries of their own`() throws {
        try withScratchDirectory { directory in
            let cache = FilterCache(directory: directory + "/filters")
            var profiles = [Profiles.allowList(), Profiles.allowList(), Profiles.allowList(), Profiles.allowList()]
            profiles[1].defaultErrnoRet = 2
            profiles[2].flags = [.log]
            profiles[3].syscalls[1].args[0].value += 1
            let filters = try profiles.map { try cache.filter(for: $0) }
            #expect(try Directory.entries(directory + "/filters").count == 4)
            for (profile, filter) in zip(profiles, filters) {
                #expect(try cache.filter(for: profile) == filter)
                #expect(try SeccompFilter(profile).program == filter)
            }
        }
    }

    /// Ways in which an entry is not what was written.
    enum Damage: String, CaseIterable {
        case shortened, lengthened, emptied, form, count, flags, instruction, key, readable, link
    }

    @Test(arguments: Damage.allCases)
    func `an entry that is not as it was written is made again`(damage: Damage) throws {
        try withScratchDirectory { directory in
            let cache = FilterCache(directory: directory + "/filters")
            let made = try cache.filter(for: Profiles.allowList())
            let path = try entry(directory + "/filters")
            var bytes = try SmallFile.read(path)
            switch damage {
            case .shortened: bytes.removeLast()
            case .lengthened: bytes.append(0)
            case .emptied: bytes = []
            case .form: bytes[0] ^= 1
            case .count: bytes[8] ^= 1
            case .flags: bytes[16] ^= 2
            case .instruction: bytes[40] ^= 1
            case .key: bytes[bytes.count - 1] ^= 1
            case .readable, .link: break
            }
            // Written in place, so that what is there afterwards tells whether it was replaced.
            let target = damage == .link ? directory + "/elsewhere" : path
            if damage == .link { try removeFile(path) }
            let file = try FileDescriptor.open(target, [.writeOnly, .create, .truncate])
            try bytes.withUnsafeBytes { try file.writeAll($0) }
            if damage == .readable { try changeMode(of: file.rawValue, permissions: 0o644) }
            if damage == .link {
                let place = try FileDescriptor.open(directory + "/filters", .pathOnly)
                try makeSymbolicLink(String(path.split(separator: "/").last ?? ""), in: place.rawValue, to: target)
            }
            let damaged = try inode(path)
            #expect(try cache.filter(for: Profiles.allowList()) == made)
            #expect(try inode(path) != damaged, "it was made again")
            #expect(try SmallFile.read(path).count > 1000)
        }
    }

    @Test func `a directory that others may look into is not used`() throws {
        try withScratchDirectory { directory in
            try makeDirectory(directory + "/filters", mode: 0o700)
            let place = try FileDescriptor.open(directory + "/filters", [.readOnly, .directory])
            try changeMode(of: place.rawValue, permissions: 0o755)
            let cache = FilterCache(directory: directory + "/filters")
            let made = try cache.filter(for: Profiles.allowList())
            #expect(try made == SeccompFilter(Profiles.allowList()).program)
            #expect(try Directory.entries(directory + "/filters").isEmpty)
        }
    }

    @Test func `a directory that cannot be made leaves filters that are made each time`() throws {
        try withScratchDirectory { directory in
            let cache = FilterCache(directory: directory + "/no/parent")
            let made = try cache.filter(for: Profiles.allowList())
            #expect(try made == SeccompFilter(Profiles.allowList()).program)
            #expect(!Directory.exists(directory + "/no"))
        }
    }

    @Test func `a directory that is full is emptied`() throws {
        try withScratchDirectory { directory in
            let cache = FilterCache(directory: directory + "/filters")
            var profile = SeccompProfile()
            profile.syscalls = [SeccompRule(names: ["read"], action: .allow)]
            for number in 0..<70 {
                profile.defaultErrnoRet = UInt32(number)
                _ = try cache.filter(for: profile)
            }
            #expect(try Directory.entries(directory + "/filters").count == 6)
        }
    }

    @Test func `a profile that cannot be a filter leaves nothing`() throws {
        try withScratchDirectory { directory in
            var profile = Profiles.allowList()
            profile.architectures = [.sheb]
            let cache = FilterCache(directory: directory + "/filters")
            #expect(throws: SeccompError.self) { try cache.filter(for: profile) }
            #expect(!Directory.exists(directory + "/filters"))
        }
    }
}
