import Kernel
import TTRPC
import TaskAPI
import Testing

/// What containers read and write, and when it ends.
@Suite(.serialized) struct StdioTests {
    @Test func `output reaches its FIFOs whole and ends with the container`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sh", "-c", "seq 1 20000; echo oops >&2"])
        let stdout = try FifoEnd(shim.directory + "/out")
        let stderr = try FifoEnd(shim.directory + "/err")
        try shim.create(StdioRequest(stdout: shim.directory + "/out", stderr: shim.directory + "/err"))
        try shim.start()
        try shim.wait("the output's end") { stdout.drain() && stderr.drain() }
        #expect(stdout.text == (1...20000).map { "\($0)\n" }.joined())
        #expect(stderr.text == "oops\n")
        #expect(try shim.waitForExit() == 0)
    }

    @Test func `a client that still waits for its FIFO's other end misses nothing`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try shim.create()
        try shim.start()
        for round in 0..<20 {
            let path = shim.directory + "/out\(round)"
            try Fifo.make(path)
            let copy = try FileDescriptor.open(shim.directory + "/copy\(round)", [.readWrite, .create])
            let null = try FileDescriptor.open("/dev/null", .readWrite)
            let reader = try HostProgram.spawn(
                "/bin/busybox", arguments: ["cat", path], environment: [],
                descriptors: [null.rawValue, copy.rawValue, null.rawValue], session: false)
            try shim.wait("the reader sleeps in open(2)") {
                (try? SmallFile.text("/proc/\(reader)/stat"))?.contains(") S ") ?? true
            }
            try shim.exec("e\(round)", ["/bin/echo", "hello"], stdio: StdioRequest(stdout: path))
            try shim.start("e\(round)")
            #expect(try ChildExit.wait(for: reader).status == 0)
            #expect(try SmallFile.text(shim.directory + "/copy\(round)") == "hello\n")
        }
    }

    @Test func `an exec's output reaches its FIFO whole and ends with it`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try shim.create()
        try shim.start()
        let stdout = try FifoEnd(shim.directory + "/out")
        try shim.exec("e", ["/bin/seq", "1", "20000"], stdio: StdioRequest(stdout: shim.directory + "/out"))
        try shim.start("e")
        try shim.wait("the output's end") { stdout.drain() }
        #expect(stdout.text == (1...20000).map { "\($0)\n" }.joined())
    }

    @Test func `a child that keeps an exec's output does not keep its client`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try shim.create()
        try shim.start()
        let stdout = try FifoEnd(shim.directory + "/out")
        try shim.exec(
            "e", ["/bin/sh", "-c", "echo before; (sleep 1000; echo after) &"],
            stdio: StdioRequest(stdout: shim.directory + "/out"))
        try shim.start("e")
        #expect(try shim.waitForExit("e") == 0)
        try shim.wait("the output's end") { stdout.drain() }
        #expect(stdout.text == "before\n")
        try shim.call("Delete", ShimRequest.process(shim.id, "e"))
        #expect(try shim.status() == 2)
    }

    @Test func `a client may go and another come, and the container does not notice`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle([
            "/bin/sh", "-c", "echo one; read x; echo two; read x; echo three",
        ])
        let input = shim.directory + "/in"
        let output = shim.directory + "/out"
        let first = try FifoEnd(output)
        try Fifo.make(input)
        try shim.create(StdioRequest(stdin: input, stdout: output))
        try shim.start()
        let writer = try FifoEnd(input, .writing)
        try shim.wait("the first line") {
            _ = first.drain()
            return first.text == "one\n"
        }
        first.close()
        try writer.write("go\n")
        writer.close()
        let second = try FifoEnd(output)
        try shim.wait("the second line") {
            _ = second.drain()
            return second.text == "two\n"
        }
        let another = try FifoEnd(input, .writing)
        try another.write("go\n")
        try shim.wait("the end") { second.drain() }
        #expect(second.text == "two\nthree\n")
        #expect(try shim.waitForExit() == 0)
    }

    @Test func `input ends when it is closed on both sides`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/cat"])
        let input = shim.directory + "/in"
        let stdout = try FifoEnd(shim.directory + "/out")
        try Fifo.make(input)
        try shim.create(StdioRequest(stdin: input, stdout: shim.directory + "/out"))
        try shim.start()
        let writer = try FifoEnd(input, .writing)
        try writer.write("hello")
        writer.close()
        #expect(try shim.status() == 2)
        try shim.call("CloseIO", ShimRequest.closeStdin(shim.id))
        #expect(try shim.waitForExit() == 0)
        try shim.wait("the output's end") { stdout.drain() }
        #expect(stdout.text == "hello")
    }

    @Test func `input that is closed ends for its process while a client keeps its side open`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/cat"])
        let input = shim.directory + "/in"
        let stdout = try FifoEnd(shim.directory + "/out")
        try Fifo.make(input)
        try shim.create(StdioRequest(stdin: input, stdout: shim.directory + "/out"))
        try shim.start()
        let writer = try FifoEnd(input, .writing)
        try writer.write("hello")
        try shim.call("CloseIO", ShimRequest.closeStdin(shim.id))
        #expect(try shim.waitForExit() == 0)
        try shim.wait("the output's end") { stdout.drain() }
        #expect(stdout.text == "hello")
        withExtendedLifetime(writer) {}
    }

    @Test func `all that was written before its input was closed reaches the process`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sh", "-c", "sleep 0.2; cat"])
        let input = shim.directory + "/in"
        let stdout = try FifoEnd(shim.directory + "/out")
        try Fifo.make(input)
        try shim.create(StdioRequest(stdin: input, stdout: shim.directory + "/out"))
        try shim.start()
        let writer = try FifoEnd(input, .writing)
        // More than one pipe holds, less than the FIFO and the pipe behind it.
        let text = String(repeating: "0123456789abcde\n", count: 3800)
        try writer.write(text)
        let looker = try Fifo.open(input, .reading)
        let raw = looker.rawValue
        try shim.wait("the FIFO has room again") { Transfer.readable(raw) == 0 }
        _ = consume looker
        try writer.write(text)
        try shim.call("CloseIO", ShimRequest.closeStdin(shim.id))
        try shim.wait("the output's end") { stdout.drain() }
        #expect(stdout.text == text + text)
        #expect(try shim.waitForExit() == 0)
    }

    @Test func `a log file is made and appended to`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sh", "-c", "echo out; echo err >&2; seq 1 30000"])
        let path = shim.directory + "/logs/container.log"
        let uri = "file://" + path
        try shim.create(StdioRequest(stdout: uri, stderr: uri))
        try shim.start()
        #expect(try shim.waitForExit() == 0)
        let expected = "out\n".utf8.count + "err\n".utf8.count + (1...30000).reduce(0) { $0 + "\($1)\n".utf8.count }
        try shim.wait("the log is complete") { (try? SmallFile.read(path))?.count == expected }
        try shim.call("Delete", ShimRequest.process(shim.id))
    }

    @Test func `a log driver gets both streams and the container's name`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sh", "-c", "echo out; echo err >&2"])
        let driver = shim.directory + "/driver"
        let result = shim.directory + "/result"
        let script = """
            #!/bin/sh
            echo "$CONTAINER_NAMESPACE $CONTAINER_ID $1 $2" > \(result).new
            exec 5>&-
            cat <&3 >> \(result).new
            cat <&4 >> \(result).new
            mv \(result).new \(result)
            """
        try SmallFile.replace(driver, with: Array(script.utf8), mode: 0o755)
        let uri = "binary://\(driver)?key=a%20value"
        try shim.create(StdioRequest(stdout: uri, stderr: uri))
        try shim.start()
        #expect(try shim.waitForExit() == 0)
        try shim.wait("the driver's end") { (try? SmallFile.text(result)) != nil }
        #expect(try SmallFile.text(result) == "shim-tests \(shim.id) key a value\nout\nerr\n")
    }

    @Test func `a terminal carries both ways, has a size and can be resized`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sh", "-c", "read x; stty size; echo got $x"], terminal: true)
        let input = shim.directory + "/in"
        let stdout = try FifoEnd(shim.directory + "/out")
        try Fifo.make(input)
        try shim.create(StdioRequest(stdin: input, stdout: shim.directory + "/out", terminal: true))
        try shim.start()
        try shim.call("ResizePty", ShimRequest.resize(shim.id, width: 91, height: 17))
        let writer = try FifoEnd(input, .writing)
        try writer.write("words\n")
        #expect(try shim.waitForExit() == 0)
        try shim.wait("the output's end") { stdout.drain() }
        #expect(stdout.text.contains("17 91"))
        #expect(stdout.text.contains("got words"))
    }

    @Test func `resizing the terminal of a process that has ended changes nothing`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/true"], terminal: true)
        let stdout = try FifoEnd(shim.directory + "/out")
        try shim.create(StdioRequest(stdout: shim.directory + "/out", terminal: true))
        try shim.start()
        #expect(try shim.waitForExit() == 0)
        #expect(shim.code("ResizePty", ShimRequest.resize(shim.id, width: 91, height: 17)) == .ok)
        try shim.wait("the output's end") { stdout.drain() }
    }

    @Test func `an exec has a terminal of its own`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/sleep", "1000"])
        try shim.create()
        try shim.start()
        #expect(shim.code("ResizePty", ShimRequest.resize(shim.id, width: 1, height: 1)) == .failedPrecondition)
        let stdout = try FifoEnd(shim.directory + "/out")
        try shim.exec(
            "e", ["/bin/sh", "-c", "test -t 0 && test -t 1 && echo terminal"],
            stdio: StdioRequest(stdout: shim.directory + "/out", terminal: true))
        try shim.start("e")
        #expect(try shim.waitForExit("e") == 0)
        try shim.wait("the output's end") { stdout.drain() }
        #expect(stdout.text == "terminal\r\n")
    }

    @Test func `a stream that cannot be opened fails the creation and leaves nothing`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/true"])
        let stdio = StdioRequest(stdout: shim.directory + "/missing")
        #expect(shim.code("Create", ShimRequest.create(shim.id, bundle: shim.bundle, stdio: stdio)) == .notFound)
        let wrong = StdioRequest(stdout: "http://example.org/")
        #expect(shim.code("Create", ShimRequest.create(shim.id, bundle: shim.bundle, stdio: wrong)) == .invalidArgument)
        #expect(shim.code("State", ShimRequest.process(shim.id)) == .notFound)
    }

    @Test func `input that is closed before the container starts ends at once`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/cat"])
        let input = shim.directory + "/in"
        try Fifo.make(input)
        try shim.create(StdioRequest(stdin: input))
        try shim.call("CloseIO", ShimRequest.closeStdin(shim.id))
        try shim.start()
        #expect(try shim.waitForExit() == 0)
    }

    @Test func `input is kept of a client that leaves before the container starts`() throws {
        let shim = try ShimFixture()
        try shim.prepareBundle(["/bin/head", "-n", "1"])
        let input = shim.directory + "/in"
        let stdout = try FifoEnd(shim.directory + "/out")
        let client = try FifoEnd(input, .both)
        try shim.create(StdioRequest(stdin: input, stdout: shim.directory + "/out"))
        try client.write("early\n")
        client.close()
        try shim.start()
        #expect(try shim.waitForExit() == 0)
        try shim.wait("the end of the output") { stdout.drain() }
        #expect(stdout.text == "early\n")
    }
}
