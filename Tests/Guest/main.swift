internal import CGuest
internal import GuestReport
internal import Kernel
internal import RuntimeSpec

// Runs as a container's program. Without arguments that it knows, prints as one JSON object what it sees: every field is
// what the kernel says, nothing is interpreted, so that two runtimes can be compared field by field.
//
// `look PATH...` tells of these files, too.
//
// `calls NUMBER[,A[,B[,C]]]...` makes system calls with these arguments, and prints a line for each: its error number, 0 for
// none.
func print(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { buffer in
        var rest = buffer[...]
        while !rest.isEmpty,
            case .moved(let count)? = try? Transfer.write(UnsafeRawBufferPointer(rebasing: rest), to: 1)
        {
            rest = rest.dropFirst(count)
        }
    }
}

if CommandLine.arguments.dropFirst().first == "calls" {
    for text in CommandLine.arguments.dropFirst(2) {
        let numbers = text.split(separator: ",").map { Int($0) ?? -1 } + [0, 0, 0]
        print(Array("\(guest_system_call(numbers[0], numbers[1], numbers[2], numbers[3]))\n".utf8))
    }
} else {
    let isTold = CommandLine.arguments.dropFirst().first == "look"
    print(JSONWriter.bytes(of: Observation.look(at: isTold ? Array(CommandLine.arguments.dropFirst(2)) : [])))
}
exitProcess(0)
