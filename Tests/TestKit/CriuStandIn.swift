internal import Kernel

/// Stands for criu where the kernel does not let it work: a script that keeps each request of the RPC and answers as
/// criu does. What it "restores" is a sleep.
package struct CriuStandIn {
    package let directory: String

    package var path: String { directory + "/criu" }
    package var workPath: String { directory + "/work" }
    package var imagePath: String { directory + "/images" }

    /// - Parameter version: major and minor.
    package init(in parent: String, version: (Int, Int) = (3, 17)) throws {
        directory = parent + "/stand-in"
        try makeDirectory(directory, mode: 0o755)
        try makeDirectory(directory + "/work", mode: 0o755)
        let numbers = [version.0, version.1].map { "\\0" + String($0, radix: 8) }
        let script = Self.script.replacing("VERSION", with: "\\010\(numbers[0])\\020\(numbers[1])")
        try SmallFile.replace(path, with: Array(script.utf8), mode: 0o755)
    }

    /// Makes the next checkpoint or restore fail, after a line in its log.
    package func fail(because reason: String) throws {
        try SmallFile.replace(directory + "/reason", with: Array(reason.utf8))
    }

    /// Makes checkpoints that have begun wait until `proceed`.
    package func hold() throws {
        try SmallFile.replace(directory + "/hold", with: [])
    }

    package func proceed() throws {
        try removeFile(directory + "/hold")
    }

    /// Whether a checkpoint has begun.
    package var isDumping: Bool { (try? SmallFile.read(directory + "/dump.request")) != nil }

    /// The process that a checkpoint ends.
    package func end(_ pid: Int32) throws {
        try SmallFile.replace(directory + "/pid", with: Array("\(pid)".utf8))
    }

    /// The options of a request, each field's values in order.
    package func options(of name: String) throws -> [UInt64: [Value]] {
        let request = try Value.fields(try SmallFile.read("\(directory)/\(name).request")[...])
        return try request[2]?.first?.fields() ?? [:]
    }

    package struct Garbage: Error {}

    package enum Value: Equatable {
        case number(UInt64)
        case text(String)

        static func fields(_ bytes: ArraySlice<UInt8>) throws -> [UInt64: [Value]] {
            var rest = bytes
            var fields: [UInt64: [Value]] = [:]
            while !rest.isEmpty {
                let key = varint(&rest)
                if key & 7 == 0 {
                    fields[key >> 3, default: []].append(.number(varint(&rest)))
                } else {
                    let count = Int(varint(&rest))
                    guard key & 7 == 2, count <= rest.count else {
                        throw Garbage()
                    }
                    // Latin-1, so that no byte of a message within is lost.
                    let scalars = rest.prefix(count).map { Unicode.Scalar($0) }
                    fields[key >> 3, default: []].append(.text(String(String.UnicodeScalarView(scalars))))
                    rest = rest.dropFirst(count)
                }
            }
            return fields
        }

        package func fields() throws -> [UInt64: [Value]] {
            guard case .text(let text) = self else { return [:] }
            return try Self.fields(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }[...])
        }

        private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64 {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while let byte = rest.popFirst() {
                value |= UInt64(byte & 0x7F) << shift
                shift += 7
                if byte < 0x80 { break }
            }
            return value
        }
    }

    private static let script = #"""
        #!/bin/sh
        # Called as: criu swrk 3
        here=${0%/*}
        [ "$1 $2" = "swrk 3" ] || exit 9
        receive() { dd bs=65536 count=1 of="$here/$1.request" <&3 2>/dev/null; }
        answer() { printf "$1" >"$here/answer"; dd bs=65536 count=1 if="$here/answer" >&3 2>/dev/null; }
        refuse() {
            echo "(00.000) Error (criu/x.c:1): $(cat "$here/reason")" >"$here/work/$1.log"
            rm "$here/reason"
            answer "\010\00$2\020\000"
            exit 1
        }
        octal() { printf '\\%03o' "$1"; }
        receive last
        case $(od -An -tu1 -j1 -N1 "$here/last.request" | tr -d ' ') in
        10) answer '\010\012\020\001\122\004VERSION' ;;
        9) answer '\010\011\020\001\102\004\010\001\020\001' ;;
        4)
            mv "$here/last.request" "$here/pre-dump.request"
            answer '\010\004\020\001'
            receive next
            ;;
        1)
            mv "$here/last.request" "$here/dump.request"
            while [ -e "$here/hold" ]; do sleep 0.05; done
            if [ -e "$here/reason" ]; then refuse dump 1; fi
            answer '\010\006\020\001\052\016\012\014status-ready'
            receive notified
            if [ -e "$here/pid" ]; then kill -9 "$(cat "$here/pid")"; fi
            answer '\010\001\020\001'
            ;;
        2)
            mv "$here/last.request" "$here/restore.request"
            cat /proc/self/cgroup >"$here/cgroup"
            if [ -e "$here/reason" ]; then refuse restore 2; fi
            sleep 1000 3>&- &
            pid="$(octal $(($! % 128 + 128)))$(octal $(($! / 128 % 128 + 128)))$(octal $(($! / 16384)))"
            answer "\010\006\020\001\052\026\012\020setup-namespaces\020$pid"
            receive notified
            if [ "$(od -An -tu1 -j3 -N1 "$here/notified.request" | tr -d ' ')" != 1 ]; then
                kill -9 $!
                answer '\010\002\020\000'
                exit 1
            fi
            answer "\010\006\020\001\052\022\012\014post-restore\020$pid"
            receive notified
            answer "\010\002\020\001\042\004\010$pid"
            ;;
        *) exit 8 ;;
        esac
        """#
}
