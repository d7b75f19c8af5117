import ImageSpec
import Testing

struct DigestTests {
    @Test func `the digest of bytes is their SHA-256`() {
        #expect(
            Digest.sha256(of: Array("abc".utf8)).description
                == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test(arguments: [
        "", "sha256:", "sha256:xyz", "md5:d41d8cd98f00b204e9800998ecf8427e",
        "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
        "sha256:../../../../etc/passwd", "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a/",
    ])
    func `what is no digest is refused, so that a digest may name a file`(text: String) {
        #expect(Digest(text) == nil)
    }

    @Test func `a chain ID of one layer is its diff ID, of two the digest of both`() {
        let first = Digest.sha256(of: [1])
        let second = Digest.sha256(of: [2])
        let chain = ChainID.chain(of: [first, second])
        #expect(chain == [first, Digest.sha256(of: Array("\(first) \(second)".utf8))])
    }
}
