import ShimCore
import TTRPC
import Testing

@Suite struct StreamTargetTests {
    @Test func `streams are nothing, FIFOs, files or programs`() throws {
        #expect(try StreamTarget("") == .none)
        #expect(try StreamTarget("/run/x/stdout") == .fifo("/run/x/stdout"))
        #expect(try StreamTarget("fifo:///run/x") == .fifo("/run/x"))
        #expect(try StreamTarget("file:///var/log/a%20b.log") == .file("/var/log/a b.log"))
        #expect(
            try StreamTarget("binary:///usr/bin/log?-d=a%2Fb&flag&x=1+2")
                == .binary(path: "/usr/bin/log", arguments: ["-d", "a/b", "flag", "", "x", "1 2"]))
    }

    @Test(arguments: ["relative", "file://relative", "http:///x", "binary://", "file://", "file:///a%00b"])
    func `a stream that names no place is refused`(_ text: String) {
        #expect {
            try StreamTarget(text)
        } throws: {
            ($0 as? Status)?.code == .invalidArgument
        }
    }

    @Test func `a malformed escape stands for itself`() throws {
        #expect(try StreamTarget("file:///a%zz%4") == .file("/a%zz%4"))
    }

    @Test func `a stream of the Streaming service is known by its name`() throws {
        #expect(try StreamTarget("ttrpc+unix:///run/s/1?streaming_id=c-stdout") == .stream("c-stdout"))
        #expect(try StreamTarget("ttrpc+unix:///run/s/1?x=y&streaming_id=a%20b") == .stream("a b"))
        for wrong in [
            "ttrpc+unix:///run/s/1", "ttrpc+unix:///run/s/1?streaming_id=", "ttrpc+vsock://3:1?streaming_id=x",
        ] {
            #expect(throws: Status.self) { try StreamTarget(wrong) }
        }
    }
}
