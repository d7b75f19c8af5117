package import Model
internal import RuntimeSpec

/// Which system calls a person lets a container make.
package enum SeccompChoice: Sendable, Equatable {
    case standard
    /// All of them.
    case unconfined
    case template(SeccompTemplate)

    /// - Parameter path: where the document is from, for messages.
    package init(parsing document: [UInt8], path: String) throws(Failure) {
        do {
            self = .template(try document.withUnsafeBytes { bytes in try SeccompTemplate(parsing: bytes) })
        } catch {
            throw .invalid("seccomp profile \"\(path)\": \(error)")
        }
    }

    /// - Parameter capabilities: the container's bounding set.
    func profile(capabilities: [String]) -> SeccompProfile? {
        let template: SeccompTemplate
        switch self {
        case .standard: template = .standard
        case .unconfined: return nil
        case .template(let chosen): template = chosen
        }
        return template.profile(for: SeccompSubject(capabilities: Set(capabilities)))
    }
}
