internal import Crypto

/// Names of stacks of layers. OCI image-spec, "Layer ChainID".
package enum ChainID {
    /// The chain IDs of the stacks that end at each of `diffIDs`, lowest first.
    package static func chain(of diffIDs: [Digest]) -> [Digest] {
        var chain: [Digest] = []
        for diffID in diffIDs {
            guard let below = chain.last else {
                chain.append(diffID)
                continue
            }
            chain.append(Digest.sha256(of: Array("\(below) \(diffID)".utf8)))
        }
        return chain
    }
}

extension Digest {
    /// The SHA-256 digest of bytes that are in memory.
    package static func sha256(of bytes: [UInt8]) -> Digest {
        Digest(.sha256, bytes: SHA256.hash(data: bytes))
    }
}
