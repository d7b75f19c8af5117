import RuntimeSpec
import Testing

@Suite struct HostileDocumentTests {
    @Test(arguments: [
        (#"{"ociVersion": 1}"#, "ociVersion: expected a string, found a number"),
        (
            #"{"process": {"cwd": "/", "user": {"uid": "0"}}}"#,
            "process.user.uid: expected an unsigned 32-bit number, found a string"
        ),
        (
            #"{"process": {"user": {"uid": 4294967296}}}"#,
            "process.user.uid: number out of range, expected an unsigned 32-bit number"
        ),
        (
            #"{"process": {"user": {"uid": -1}}}"#,
            "process.user.uid: number out of range, expected an unsigned 32-bit number"
        ),
        (
            #"{"process": {"user": {"uid": 1.0}}}"#,
            "process.user.uid: expected an unsigned 32-bit number, found a number with a fraction or an exponent"
        ),
        (
            #"{"process": {"oomScoreAdj": 99999999999999999999}}"#,
            "process.oomScoreAdj: number out of range, expected a signed 32-bit number"
        ),
        (
            #"{"mounts": [{"destination": "/"}, {"options": ["a", 3]}]}"#,
            "mounts[1].options[1]: expected a string, found a number"
        ),
        (#"{"mounts": [{"type": "proc"}]}"#, "mounts[0].destination: missing"),
        (
            #"{"linux": {"namespaces": [{"type": "net"}]}}"#,
            "linux.namespaces[0].type: unknown namespace type \"net\", expected one of pid, network, mount, ipc, uts, user, cgroup, time"
        ),
        (#"{"annotations": {"a.b": {}}}"#, "annotations[\"a.b\"]: expected a string, found an object"),
        (#"{"hostname": "a\u0000b"}"#, "hostname: NUL in a string"),
        (#"{"hostname": "\ud800"}"#, "hostname: lone surrogate in a string"),
        (#"{"hostname": "\q"}"#, "hostname: unknown escape in a string"),
        (#"{"\u00": {"a": 1}, "ociVersion": 2}"#, "\\u00: unfinished escape in a string"),
        (#"{"annotations": {"\u00": 1}}"#, "annotations.\\u00: unfinished escape in a string"),
        (#"{"hostname": tru}"#, "hostname: expected a string, found a boolean"),
        (#"{"root": {"path": "r", "readonly": tru}}"#, "root.readonly: expected a value at byte 35, found \"t\""),
        (#"{"ociVersion": "1.2.0"} x"#, "expected the end of the document at byte 24"),
        (#"{"ociVersion": "1.2.0""#, "ociVersion: expected \",\" or \"}\", found the end of the document"),
        (#"{"ociVersion": "1.2.0",}"#, "ociVersion: expected a key in quotes at byte 23, found \"}\""),
        ("[]", "expected an object, found an array"),
        ("null", "expected an object, found null"),
        ("", "expected an object, found the end of the document"),
        ("{}", "ociVersion: missing"),
    ])
    func `a refusal names the place, what was expected and what was found`(document: String, message: String) {
        #expect(Documents.refusal(document)?.description == message)
    }

    @Test func `deep nesting is refused, not followed`() {
        let deep = String(repeating: "[", count: 1 << 20)
        #expect(Documents.refusal(#"{"x": "# + deep)?.message == "nested deeper than 128 levels")
    }

    @Test func `more elements than memory should be spent on are refused`() {
        let list = String(repeating: "{},", count: 1 << 18) + "{}"
        let refusal = Documents.refusal(#"{"ociVersion": "1.2.0", "x": [\#(list)]}"#)
        #expect(refusal?.message == "more than 262144 elements in the document")
    }

    @Test func `a document beyond 16 MiB is refused unread`() {
        let bytes = [UInt8](repeating: UInt8(ascii: " "), count: 16 << 20 + 1)
        #expect(throws: SpecError.self) { try Documents.read(bytes) }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        let bytes = Array(#"{"ociVersion": "1.2.0", "hostname": "a"#.utf8) + [0xFF] + Array("\"}".utf8)
        #expect(throws: SpecError(path: "hostname", "string is not valid UTF-8")) { try Documents.read(bytes) }
    }
}
