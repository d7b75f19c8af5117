import CLinux
import Kernel
import RuntimeSpec
import Seccomp
import Testing

@Suite struct SeccompFilterTests {
    @Test func `a rule's action and error number reach the calling program`() throws {
        var profile = SeccompProfile()
        profile.defaultAction = .allow
        profile.syscalls = [SeccompRule(names: ["mkdirat"], action: .errno, errnoRet: 95)]
        let filter = try SeccompFilter(profile)
        #expect(try underFilter(filter) { mkdirat(-1, "x", 0) == -1 && Errno.current == .notSupported ? 0 : 1 } == 0)
    }

    @Test func `all arguments of a rule must hold`() throws {
        var profile = SeccompProfile()
        profile.defaultAction = .allow
        profile.syscalls = [
            SeccompRule(
                names: ["lseek"], action: .errno, errnoRet: 95,
                args: [
                    SeccompArgument(index: 1, value: 7, op: .equal), SeccompArgument(index: 2, value: 2, op: .equal),
                ])
        ]
        let filter = try SeccompFilter(profile)
        let code = try underFilter(filter) {
            guard lseek(-1, 7, 2) == -1, Errno.current == .notSupported else { return 1 }
            guard lseek(-1, 7, 1) == -1, Errno.current == .badDescriptor else { return 2 }
            guard lseek(-1, 8, 2) == -1, Errno.current == .badDescriptor else { return 3 }
            return 0
        }
        #expect(code == 0)
    }

    @Test func `several values for one argument are alternatives`() throws {
        var profile = SeccompProfile()
        profile.defaultAction = .allow
        profile.syscalls = [
            SeccompRule(
                names: ["lseek"], action: .errno, errnoRet: 95,
                args: [
                    SeccompArgument(index: 1, value: 7, op: .equal), SeccompArgument(index: 1, value: 8, op: .equal),
                ])
        ]
        let filter = try SeccompFilter(profile)
        let code = try underFilter(filter) {
            guard lseek(-1, 7, 2) == -1, Errno.current == .notSupported else { return 1 }
            guard lseek(-1, 8, 2) == -1, Errno.current == .notSupported else { return 2 }
            guard lseek(-1, 9, 2) == -1, Errno.current == .badDescriptor else { return 3 }
            return 0
        }
        #expect(code == 0)
    }

    @Test func `a masked comparison looks at the masked bits alone`() throws {
        var profile = SeccompProfile()
        profile.defaultAction = .allow
        profile.syscalls = [
            SeccompRule(
                names: ["lseek"], action: .errno, errnoRet: 95,
                args: [SeccompArgument(index: 1, value: 0xF0, valueTwo: 0x10, op: .maskedEqual)])
        ]
        let filter = try SeccompFilter(profile)
        let code = try underFilter(filter) {
            guard lseek(-1, 0x1F, 0) == -1, Errno.current == .notSupported else { return 1 }
            guard lseek(-1, 0x2F, 0) == -1, Errno.current == .badDescriptor else { return 2 }
            return 0
        }
        #expect(code == 0)
    }

    @Test func `a call newer than the profile answers ENOSYS, an old one the default`() throws {
        let filter = try SeccompFilter(Profiles.allowList(below: 434))
        let code = try underFilter(filter) {
            do throws(SystemCallError) {
                _ = try openProcess(1)
                return 1
            } catch {
                guard error.errno == .notImplemented else { return 2 }
            }
            return mkdirat(-1, "x", 0) == -1 && Errno.current == .notPermitted ? 0 : 3
        }
        #expect(code == 0)
    }

    @Test func `names that nobody knows are passed over and told`() throws {
        var profile = Profiles.allowList()
        profile.syscalls.append(SeccompRule(names: ["no_such_call"], action: .allow))
        #expect(try SeccompFilter(profile).unknown == ["no_such_call"])
    }

    @Test func `an architecture that libseccomp does not know is refused by its place`() {
        var profile = Profiles.allowList()
        profile.architectures = [.amd64, .sheb]
        #expect(throws: (any Error).self) { try SeccompFilter(profile) }
        do {
            _ = try SeccompFilter(profile)
        } catch {
            #expect(error.description == "linux.seccomp.architectures[1]: libseccomp does not know SCMP_ARCH_SHEB")
        }
    }

    @Test func `a filter that kills ends the thread at the call`() throws {
        var profile = SeccompProfile()
        profile.defaultAction = .allow
        profile.syscalls = [SeccompRule(names: ["mkdirat"], action: .killThread)]
        let filter = try SeccompFilter(profile)
        #expect(try underFilter(filter) { mkdirat(-1, "x", 0) } == nil)
    }

    @Test func `a profile that notifies answers a listener`() throws {
        var profile = SeccompProfile()
        profile.defaultAction = .allow
        profile.listenerPath = "/x"
        profile.syscalls = [SeccompRule(names: ["swapoff"], action: .notify)]
        let filter = try SeccompFilter(profile)
        #expect(filter.notifies)
        let code = onThread {
            do {
                let listener = try filter.load()
                return listener == nil ? 1 : 0
            } catch {
                return 2
            }
        }
        #expect(code == 0)
    }

    @Test func `flags reach the kernel`() throws {
        var profile = Profiles.allowList()
        #expect(try SeccompFilter(profile).program.flags == 4)
        profile.flags = [.log, .threadSync]
        #expect(try SeccompFilter(profile).program.flags == 3)
    }
}
