import Glibc
import Kernel
import Testing

struct HostProgramTests {
    @Test func `a program gets the descriptors it is given and no others`() throws {
        // Without close-on-exec, as from a parent that does not care.
        let stray = try #require(open("/dev/null", O_RDONLY) as Int32?)
        defer { close(stray) }
        let given = open("/dev/zero", O_RDONLY | O_CLOEXEC)
        defer { close(given) }
        let script = "[ -e /proc/$$/fd/3 ] && [ ! -e /proc/$$/fd/$1 ]"
        let process = try HostProgram.spawn(
            "/bin/sh", arguments: ["sh", "-c", script, "sh", "\(max(stray, 4))"], environment: ["PATH=/bin:/usr/bin"],
            descriptors: [0, 1, 2, given], session: false)
        #expect(try ChildExit.wait(for: process).status == 0)
    }
}
