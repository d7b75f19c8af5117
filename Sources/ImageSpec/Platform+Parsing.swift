// Platforms as people type them and registries spell them, by containerd's rules (its package "platforms").
extension Platform {
    /// `linux/arm64`, `linux/arm/v7`, or one of its parts: `arm64` is of this machine's operating system, `linux` of
    /// its architecture. Nil where it is not one; by itself a part must be one that Go knows.
    package init?(_ text: String) {
        let parts = text.lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 3, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isNameByte) }) else {
            return nil
        }
        guard parts.count > 1 else {
            self.init(part: parts[0])
            return
        }
        self.init(
            architecture: parts[1], os: Self.normalised(os: parts[0]), variant: parts.count == 3 ? parts[2] : nil)
        self = normalised
    }

    private init?(part: String) {
        let host = Platform.host
        let os = Self.normalised(os: part)
        if Self.systems.contains(os) {
            self.init(architecture: host.architecture, os: os, variant: os == host.os ? host.variant : nil)
            return
        }
        self = Platform(architecture: part, os: host.os).normalised
        guard Self.architectures.contains(architecture) else { return nil }
    }

    /// Whether an image for `other` runs where this platform is asked for.
    package func accepts(_ other: Platform) -> Bool {
        let (wanted, offered) = (normalised, other.normalised)
        guard wanted.os == offered.os, wanted.architecture == offered.architecture else { return false }
        return wanted.variant == nil || offered.variant == nil || wanted.variant == offered.variant
    }

    /// With one name for each thing that has several, and the variant that is meant where none is said.
    private var normalised: Platform {
        var platform = self
        platform.os = Self.normalised(os: os)
        platform.architecture = architecture.lowercased()
        platform.variant = variant.flatMap { $0.isEmpty ? nil : $0.lowercased() }
        switch platform.architecture {
        case "i386": (platform.architecture, platform.variant) = ("386", nil)
        case "x86_64", "x86-64": (platform.architecture, platform.variant) = ("amd64", nil)
        case "armhf": (platform.architecture, platform.variant) = ("arm", "v7")
        case "armel": (platform.architecture, platform.variant) = ("arm", "v6")
        case "aarch64", "arm64":
            platform.architecture = "arm64"
            if platform.variant == nil || platform.variant == "8" { platform.variant = "v8" }
        case "arm":
            switch platform.variant {
            case nil: platform.variant = "v7"
            case "5", "6", "7", "8": platform.variant = "v" + (platform.variant ?? "")
            default: break
            }
        default: break
        }
        return platform
    }

    private static func normalised(os: String) -> String {
        let os = os.lowercased()
        return os == "macos" ? "darwin" : os
    }

    /// What Go runs on, or did.
    private static let systems: Set<String> = [
        "aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "nacl", "netbsd",
        "openbsd", "plan9", "solaris", "windows", "zos",
    ]
    private static let architectures: Set<String> = [
        "386", "amd64", "amd64p32", "arm", "arm64", "arm64be", "armbe", "loong64", "mips", "mips64", "mips64le",
        "mips64p32", "mips64p32le", "mipsle", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x", "sparc",
        "sparc64", "wasm",
    ]

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
