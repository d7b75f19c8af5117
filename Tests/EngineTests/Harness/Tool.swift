internal import Kernel
internal import TestKit

/// A program of the host that ran to its end: what it printed and how it ended.
struct Tool {
    let code: Int32
    let output: String
    let errors: String

    /// Output without blanks around it.
    var text: String {
        output.split(separator: "\n").map { $0.trimmed }.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs a program, found on the PATH, to its end; one that takes longer than a minute is killed.
    static func run(
        _ words: [String], environment: [String: String] = [:], in directory: String
    ) throws -> Tool {
        let output = directory + "/out-\(UInt32.random(in: 0 ... .max))"
        return try RunningTool(words, environment: environment, output: output).wait()
    }

    /// Starts a program, found on the PATH.
    static func start(
        _ words: [String], environment: [String: String] = [:], input: String = "/dev/null", output: Int32,
        errors: Int32
    ) throws -> Int32 {
        let input = try FileDescriptor.open(input, .readOnly)
        let own = Kernel.environment().filter { entry in
            environment.keys.allSatisfy { !entry.hasPrefix($0 + "=") }
        }
        return try HostProgram.spawn(
            try find(words[0]), arguments: words, environment: own + environment.map { "\($0.key)=\($0.value)" },
            descriptors: [input.rawValue, output, errors], session: true)
    }

    /// Debian's directories first: what the tests were written for is what its packages install.
    private static func find(_ name: String) throws -> String {
        if name.hasPrefix("/") { return name }
        for directory in ["/usr/bin", "/usr/sbin", "/bin", "/sbin"] {
            let path = directory + "/" + name
            if (try? isExecutable(path)) != nil { return path }
        }
        throw Fault(description: "\"\(name)\" is not installed (contrib/setup --test installs it)")
    }

    /// Berth's runtime, which was built beside the tests.
    static func runtime() throws -> String { try built("berth-runtime") }

    /// Berth's shim.
    static func shim() throws -> String { try built("containerd-shim-berth-v1") }

    static func built(_ name: String) throws -> String {
        let tests = try readSymbolicLink("/proc/self/exe", in: workingDirectory)
        let beside = tests.prefix(upTo: tests.lastIndex(of: "/") ?? tests.startIndex)
        for path in ["\(beside)/\(name)", try workingDirectoryPath() + "/.build/debug/\(name)"]
        where (try? isExecutable(path)) != nil {
            return path
        }
        throw Fault(description: "\(name) is not built")
    }
}

extension StringProtocol {
    /// Without blanks at either end.
    var trimmed: String {
        let body = drop { $0.isWhitespace }
        return String(body.reversed().drop { $0.isWhitespace }.reversed())
    }
}
