import GRPCCore
import Model
import Services
import Testing

struct ScopeTests {
    @Test func `a request carries its namespace and its lease`() throws {
        let scope = try metadata(namespace: "k8s.io", lease: "lease-1").scope()
        #expect(scope == Scope(namespace: "k8s.io", lease: "lease-1"))
    }

    @Test func `a request without a lease has none`() throws {
        #expect(try metadata(namespace: "default").scope().lease == nil)
        #expect(try metadata(namespace: "default", lease: "").scope().lease == nil)
    }

    @Test func `a namespace is required`() {
        for namespace in [nil, ""] {
            let failure = #expect(throws: Failure.self) { try metadata(namespace: namespace).scope() }
            #expect(failure?.code == .failedPrecondition)
            #expect(failure?.message == "namespace is required")
        }
    }

    @Test(arguments: ["../etc", "a/b", "-a", "a..b", "x y", String(repeating: "n", count: 77)])
    func `a namespace that is no identifier is refused`(name: String) {
        let failure = #expect(throws: Failure.self) { try metadata(namespace: name).scope() }
        #expect(failure?.code == .invalidArgument)
    }

    @Test(arguments: Failure.Code.allCases)
    func `a failure's code reaches the client with its number`(code: Failure.Code) {
        let error = RPCError(Failure(code, "image \"x\": not found"))
        #expect(error.code.rawValue == code.rawValue)
        #expect(error.message == "image \"x\": not found")
    }

    @Test func `a failure's cause reaches the client`() {
        struct Cause: Error, CustomStringConvertible { var description: String { "disk is full" } }
        #expect(RPCError(Failure(.unknown, "content write", cause: Cause())).message == "content write: disk is full")
    }
}
