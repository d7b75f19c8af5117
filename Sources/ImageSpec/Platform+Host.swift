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
}
