internal import Crypto
internal import ImageSpec

/// A digest that grows with the bytes it is shown.
enum StreamDigest: Sendable {
    case sha256(SHA256)
    case sha384(SHA384)
    case sha512(SHA512)

    init(_ algorithm: ImageSpec.Digest.Algorithm) {
        self =
            switch algorithm {
            case .sha256: .sha256(SHA256())
            case .sha384: .sha384(SHA384())
            case .sha512: .sha512(SHA512())
            }
    }

    var algorithm: ImageSpec.Digest.Algorithm {
        switch self {
        case .sha256: .sha256
        case .sha384: .sha384
        case .sha512: .sha512
        }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .sha256(var state):
            self = .sha256(SHA256())
            state.update(bufferPointer: bytes)
            self = .sha256(state)
        case .sha384(var state):
            self = .sha384(SHA384())
            state.update(bufferPointer: bytes)
            self = .sha384(state)
        case .sha512(var state):
            self = .sha512(SHA512())
            state.update(bufferPointer: bytes)
            self = .sha512(state)
        }
    }

    /// The digest of all bytes so far; more may follow.
    var value: ImageSpec.Digest {
        switch self {
        case .sha256(let state): ImageSpec.Digest(.sha256, bytes: state.finalize())
        case .sha384(let state): ImageSpec.Digest(.sha384, bytes: state.finalize())
        case .sha512(let state): ImageSpec.Digest(.sha512, bytes: state.finalize())
        }
    }
}
