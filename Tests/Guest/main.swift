internal import GuestReport
internal import Kernel
internal import RuntimeSpec

// Runs as a container's program and prints, as one JSON object, what it sees. Every field is what the kernel says; nothing
// is interpreted, so that two runtimes can be compared field by field.
let observation = Observation.look()
let bytes = JSONWriter.bytes(of: observation)
bytes.withUnsafeBytes { buffer in
    var rest = buffer[...]
    while !rest.isEmpty, case .moved(let count)? = try? Transfer.write(UnsafeRawBufferPointer(rebasing: rest), to: 1) {
        rest = rest.dropFirst(count)
    }
}
exitProcess(0)
