internal import Kernel
internal import Testing

@testable internal import Libcontainer

@Suite struct MountOptionsTests {
    @Test func `flags become attributes and the rest parameters of the file system`() {
        let options = MountOptions(["nosuid", "noexec", "mode=755", "size=64k", "newinstance"])
        #expect(options.set == [.noSetUserID, .noExecute])
        #expect(options.parameters.map(\.key) == ["mode", "size", "newinstance"])
        #expect(options.parameters.map(\.value) == ["755", "64k", nil])
    }

    @Test func `the later of two options wins`() {
        let options = MountOptions(["ro", "rw", "suid", "nosuid"])
        #expect(options.set == .noSetUserID)
        #expect(options.clear == .readOnly)
    }

    @Test func `an access time policy replaces another`() {
        let options = MountOptions(["noatime", "strictatime"])
        #expect(options.set == .strictAccessTime)
        #expect(options.clear == .accessTimePolicy)
        #expect(MountOptions(["relatime"]).set == [])
    }

    @Test func `recursive attributes are kept apart`() {
        let options = MountOptions(["rro", "rnosuid", "ro"])
        #expect(options.recursiveSet == [.readOnly, .noSetUserID])
        #expect(options.set == .readOnly)
    }

    @Test func `relatime and rw are no recursive attributes`() {
        let options = MountOptions(["relatime", "rw"])
        #expect(options.recursiveSet == [] && options.recursiveClear == [])
        #expect(options.parameters.isEmpty)
    }

    @Test func `propagation keeps its order`() {
        let options = MountOptions(["rslave", "shared"])
        #expect(options.propagation.map(\.kind) == [.slave, .shared])
        #expect(options.propagation.map(\.recursive) == [true, false])
    }

    @Test func `rbind binds recursively`() {
        #expect(MountOptions(["rbind"]).isBind && MountOptions(["rbind"]).isRecursive)
        #expect(MountOptions(["bind"]).isBind && !MountOptions(["bind"]).isRecursive)
    }
}
