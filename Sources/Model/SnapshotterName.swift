/// What snapshotters are called in records. The overlay driver is "overlayfs", containerd's name for it; clients
/// also say "overlay".
package enum SnapshotterName {
    package static let overlay = "overlayfs"

    package static func canonical(_ name: String) -> String {
        name == "overlay" ? overlay : name
    }
}
