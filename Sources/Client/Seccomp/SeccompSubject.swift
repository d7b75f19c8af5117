internal import Kernel
internal import RuntimeSpec

/// What the rules of a profile may depend on.
package struct SeccompSubject: Sendable {
    /// The bounding set.
    package var capabilities: Set<String>
    /// By the name that Go has for it.
    package var architecture: String
    package var kernel: KernelVersion

    package init(capabilities: Set<String>, architecture: String, kernel: KernelVersion) {
        self.capabilities = capabilities
        self.architecture = architecture
        self.kernel = kernel
    }

    /// A container on this machine, which the supervisor's is as well: it is reached by a Unix socket.
    init(capabilities: Set<String>) {
        #if arch(x86_64)
            architecture = "amd64"
        #elseif arch(arm64)
            architecture = "arm64"
        #elseif arch(s390x)
            architecture = "s390x"
        #elseif arch(powerpc64le)
            architecture = "ppc64le"
        #elseif arch(riscv64)
            architecture = "riscv64"
        #else
            architecture = ""
        #endif
        self.capabilities = capabilities
        // One that does not say is taken for the oldest that Berth runs on.
        kernel = KernelVersion(kernelRelease()) ?? KernelVersion(major: 5, minor: 6)
    }

    var seccompArchitecture: SeccompArchitecture? {
        switch architecture {
        case "amd64": .amd64
        case "arm64": .aarch64
        case "s390x": .s390x
        case "ppc64le": .ppc64le
        case "riscv64": .riscv64
        default: nil
        }
    }
}
