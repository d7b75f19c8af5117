internal import Client
internal import Kernel
internal import Model

extension SeccompChoice {
    /// More than any profile has; Docker's has a tenth of it.
    private static let largest = 1 << 20

    /// What a person calls it: `default`, `unconfined` or a file's path.
    static func named(_ text: String) throws(Failure) -> SeccompChoice {
        switch text {
        case "default": return .standard
        case "unconfined": return .unconfined
        default: break
        }
        let document: [UInt8]
        do throws(SystemCallError) {
            document = try SmallFile.read(text, limit: largest)
        } catch {
            throw Failure(
                error.errno == .noSuchFile ? .notFound : .invalidArgument,
                "seccomp profile \"\(text)\": cannot be read; expected a file, default or unconfined", cause: error)
        }
        return try SeccompChoice(parsing: document, path: text)
    }
}
