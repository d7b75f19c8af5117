internal import ContainerdTypes
internal import Glibc
internal import Model
internal import SwiftProtobuf

/// Which program is a task's shim and how it is spoken to.
struct ShimProgram: Hashable, Sendable {
    enum Kind: String, Hashable, Sendable {
        /// Berth's own: it is handed its socket and serves one container.
        case berth
        /// Any other: it is started with containerd's `start` command and answers its address.
        case stock
    }

    let kind: Kind
    let path: String

    /// The program that serves `runtime`, such as `io.containerd.berth.v1`.
    ///
    /// As in containerd, `io.containerd.NAME.VERSION` means the program `containerd-shim-NAME-VERSION` and an
    /// absolute path means itself.
    static func resolve(
        runtime: String, options: TypedPayload?, _ configuration: TaskRuntimeConfiguration
    ) throws(Failure) -> ShimProgram {
        if isOwn(runtime, options: options, configuration) {
            return ShimProgram(kind: .berth, path: configuration.shimProgram)
        }
        if runtime.hasPrefix("/") {
            guard access(runtime, X_OK) == 0 else {
                throw .invalid("runtime \"\(runtime)\": not an executable file")
            }
            return ShimProgram(kind: .stock, path: runtime)
        }
        let name = try programName(of: runtime)
        for directory in configuration.programDirectories {
            let path = directory + "/" + name
            if access(path, X_OK) == 0 { return ShimProgram(kind: .stock, path: path) }
        }
        throw .invalid(
            "runtime \"\(runtime)\": no program \"\(name)\" in "
                + configuration.programDirectories.joined(separator: ":"))
    }

    private static func isOwn(
        _ runtime: String, options: TypedPayload?, _ configuration: TaskRuntimeConfiguration
    ) -> Bool {
        if runtime.isEmpty || runtime == "io.containerd.berth.v1" { return true }
        guard configuration.replacedRuntimes.contains(runtime) else { return false }
        return namedBinary(options) == nil
    }

    /// The OCI runtime that a client's options ask for, if they do.
    private static func namedBinary(_ options: TypedPayload?) -> String? {
        guard let options, options.typeURL.hasSuffix("containerd.runc.v1.Options"),
            let message = try? Containerd_Runc_V1_Options(serializedBytes: options.value),
            !message.binaryName.isEmpty
        else { return nil }
        return message.binaryName
    }

    private static func programName(of runtime: String) throws(Failure) -> String {
        let parts = runtime.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts.allSatisfy(isWord) else {
            throw .invalid("runtime \"\(runtime)\": expected a name such as io.containerd.berth.v1")
        }
        return "containerd-shim-\(parts[parts.count - 2])-\(parts[parts.count - 1])"
    }

    private static func isWord(_ part: Substring) -> Bool {
        !part.isEmpty
            && part.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
