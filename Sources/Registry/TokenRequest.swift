internal import AsyncHTTPClient
internal import FoundationEssentials
internal import ImageSpec
internal import Model
internal import NIOCore
internal import NIOHTTP1

/// Asks an authorization service for a bearer token. distribution, "Token Authentication Specification".
struct TokenRequest {
    let challenge: Challenge
    let repository: String
    let access: RegistryAccess

    private struct Answer: Decodable {
        let token: String?
        let accessToken: String?

        private enum CodingKeys: String, CodingKey {
            case token
            case accessToken = "access_token"
        }
    }

    func perform(_ http: HTTPClient, _ reference: Reference) async throws(Failure) -> String {
        guard let realm = challenge.parameters["realm"], realm.hasPrefix("https://") || realm.hasPrefix("http://")
        else {
            throw Failure(
                .unauthenticated, "image \"\(reference)\": the registry's challenge names no realm to get a token from")
        }
        var request = HTTPClientRequest(url: realm + query(joinedBy: realm.contains("?") ? "&" : "?"))
        if let credentials = access.basicCredentials {
            request.headers.add(name: "authorization", value: "Basic \(credentials)")
        }
        let answer: Answer
        do {
            let response = try await http.execute(request, timeout: .seconds(60))
            guard response.status == .ok else {
                throw Failure(
                    .unauthenticated,
                    "image \"\(reference)\": \"\(realm)\" answered \(response.status.code) when asked for a token")
            }
            let body = try await response.body.collect(upTo: 1 << 20)
            answer = try JSONDecoder().decode(Answer.self, from: Data(body.readableBytesView))
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.unauthenticated, "image \"\(reference)\": no token from \"\(realm)\"", cause: error)
        }
        guard let token = answer.token ?? answer.accessToken, !token.isEmpty else {
            throw Failure(.unauthenticated, "image \"\(reference)\": the answer of \"\(realm)\" holds no token")
        }
        return token
    }

    private func query(joinedBy joint: String) -> String {
        var pairs = [("scope", challenge.parameters["scope"] ?? "repository:\(repository):pull")]
        if let service = challenge.parameters["service"] { pairs.append(("service", service)) }
        return joint + pairs.map { "\($0.0)=\(Self.escaped($0.1))" }.joined(separator: "&")
    }

    /// Percent-encoding of all but RFC 3986's unreserved characters.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            if scalar.isASCII,
                scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                    || "-._~".unicodeScalars.contains(scalar)
            {
                result.unicodeScalars.append(scalar)
            } else {
                result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}

extension RegistryAccess {
    /// RFC 7617; nil without a user name and secret.
    var basicCredentials: String? {
        guard let username, let secret else { return nil }
        return Data("\(username):\(secret)".utf8).base64EncodedString()
    }
}
