import Glibc
import Kernel
import Testing

struct SealedExecutableTests {
    @Test func `a sealed program runs`() throws {
        let sealed = try SealedExecutable.open("/bin/sh")
        let process = try HostProgram.spawn(
            "/proc/\(getpid())/fd/\(sealed.rawValue)", arguments: ["sh", "-c", "exit 7"], environment: [],
            descriptors: [0, 1, 2], session: false)
        #expect(try ChildExit.wait(for: process).status == 7)
    }

    @Test func `nobody can write to a sealed program, not even by its link in procfs`() throws {
        let sealed = try SealedExecutable.open("/bin/sh")
        #expect(throws: SystemCallError.self) {
            let file = try FileDescriptor.open("/proc/self/fd/\(sealed.rawValue)", .writeOnly)
            try file.write("x")
        }
    }

    @Test func `what is no program is not sealed`() {
        #expect(throws: SystemCallError.self) { _ = try SealedExecutable.open("/bin/there is none") }
    }
}
