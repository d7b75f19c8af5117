internal import Kernel
internal import Testing

@Suite struct SignalNumberTests {
    @Test(arguments: [
        ("9", 9), ("KILL", 9), ("SIGKILL", 9), ("sigterm", 15), ("RTMIN+3", 37), ("SIGRTMAX-1", 63), ("64", 64),
    ])
    func `a signal is known by number and by name`(text: String, number: Int32) {
        #expect(SignalNumber.parse(text) == number)
    }

    @Test(arguments: ["", "0", "65", "-1", "NOSUCH", "RTMIN+31", "SIG", "9 "])
    func `what is no signal is nobody's`(text: String) {
        #expect(SignalNumber.parse(text) == nil)
    }
}
