internal import Glibc

extension Platform {
    /// This machine's platform, in OCI's (Go's) names. See uname(2).
    package static var host: Platform {
        var names = utsname()
        uname(&names)
        let machine = withUnsafeBytes(of: names.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return switch machine {
        case "x86_64": Platform(architecture: "amd64", os: "linux")
        case "aarch64": Platform(architecture: "arm64", os: "linux", variant: "v8")
        case "armv7l": Platform(architecture: "arm", os: "linux", variant: "v7")
        case "i686", "i386": Platform(architecture: "386", os: "linux")
        default: Platform(architecture: machine, os: "linux")
        }
    }

    /// A platform as people type it: `linux/arm64`, `linux/arm/v7`, `arm64`. Nil where it is not one.
    package init?(_ text: String) {
        let parts = text.lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 3, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isNameByte) }) else {
            return nil
        }
        let (os, architecture) = parts.count == 1 ? ("linux", parts[0]) : (parts[0], parts[1])
        self.init(
            architecture: Self.normalised(architecture), os: os, variant: parts.count == 3 ? parts[2] : nil)
    }

    /// Whether an image for `other` runs where this platform is asked for. A missing variant of arm64 is v8.
    package func accepts(_ other: Platform) -> Bool {
        guard os == other.os, Self.normalised(architecture) == Self.normalised(other.architecture) else { return false }
        guard let wanted = normalisedVariant, !wanted.isEmpty else { return true }
        return other.normalisedVariant == nil || other.normalisedVariant == wanted
    }

    private var normalisedVariant: String? {
        let variant = variant.flatMap { $0.isEmpty ? nil : $0 }
        return Self.normalised(architecture) == "arm64" ? variant ?? "v8" : variant
    }

    private static func normalised(_ architecture: String) -> String {
        switch architecture {
        case "x86_64", "x86-64": "amd64"
        case "aarch64": "arm64"
        case "i386": "386"
        default: architecture
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
