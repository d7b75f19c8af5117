package import RuntimeSpec

/// The first two numbers of a kernel's release: "6.1" of "6.1.0-18-amd64".
package struct KernelVersion: Sendable, Equatable, Comparable {
    package var major: UInt32
    package var minor: UInt32

    package static func < (left: KernelVersion, right: KernelVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}

extension KernelVersion {
    /// Nil for what does not begin with two numbers.
    package init?(_ release: String) {
        let parts = release.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, let major = UInt32(parts[0]),
            let minor = UInt32(parts[1].prefix { ("0"..."9").contains($0) })
        else { return nil }
        self.init(major: major, minor: minor)
    }
}

extension KernelVersion: JSONValue {
    package static func read(from reader: inout JSONReader) throws(SpecError) -> KernelVersion {
        let text = try String.read(from: &reader)
        guard let version = KernelVersion(text) else {
            throw reader.failure("expected a kernel's version such as \"4.8\", found \"\(text)\"")
        }
        return version
    }

    package func write(to writer: inout JSONWriter) {
        "\(major).\(minor)".write(to: &writer)
    }
}
