internal import Kernel
internal import Testing

@Suite struct CapabilitySetTests {
    @Test func `names and numbers are the kernel's`() {
        #expect(CapabilitySet(name: "CAP_CHOWN")?.rawValue == 1)
        #expect(CapabilitySet(name: "CAP_SYS_ADMIN")?.rawValue == 1 << 21)
        #expect(CapabilitySet(name: "CAP_CHECKPOINT_RESTORE")?.rawValue == 1 << 40)
        #expect(CapabilitySet.names.count == 41)
    }

    @Test(arguments: ["CHOWN", "cap_chown", "CAP_", "CAP_CHOWN "])
    func `only the full name counts`(name: String) {
        #expect(CapabilitySet(name: name) == nil)
    }

    @Test func `members are listed by name`() {
        let set: CapabilitySet = [.systemAdministration, .setUserID]
        #expect(set.memberNames == ["CAP_SETUID", "CAP_SYS_ADMIN"])
    }
}
