/// What a manifest was built for. OCI image-spec, "Image Index": `platform`.
package struct Platform: Hashable, Sendable, Codable {
    package var architecture: String
    package var os: String
    package var variant: String?
    package var osVersion: String?
    package var osFeatures: [String]?

    package init(
        architecture: String, os: String, variant: String? = nil, osVersion: String? = nil, osFeatures: [String]? = nil
    ) {
        self.architecture = architecture
        self.os = os
        self.variant = variant
        self.osVersion = osVersion
        self.osFeatures = osFeatures
    }

    private enum CodingKeys: String, CodingKey {
        case architecture, os, variant
        case osVersion = "os.version"
        case osFeatures = "os.features"
    }
}

extension Platform: CustomStringConvertible {
    /// `linux/arm64/v8`
    package var description: String {
        [os, architecture, variant].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: "/")
    }
}
