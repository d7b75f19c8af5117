package import Model
package import Testing

/// Expects `body` to fail with `code`; answers the failure for a look at its message.
@discardableResult
package func expectFailure(
    _ code: Failure.Code, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws(Failure) -> Void
) async -> Failure? {
    do throws(Failure) {
        try await body()
        Issue.record("expected a failure with code \(code), but it succeeded", sourceLocation: sourceLocation)
        return nil
    } catch {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
        return error
    }
}
