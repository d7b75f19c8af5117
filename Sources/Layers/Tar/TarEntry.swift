internal import Kernel

/// One entry of a tar archive, with everything that any of its extensions said of it.
struct TarEntry {
    enum Kind: Equatable {
        case regular, hardLink, symbolicLink, characterDevice, blockDevice, directory, fifo
    }

    /// A stretch of a sparse file that has data.
    struct Extent: Equatable {
        var offset: Int64
        var length: Int64
    }

    struct Attribute {
        var name: [UInt8]
        var value: [UInt8]
    }

    var kind = Kind.regular
    /// As it stands in the archive; not to be trusted.
    var path: [UInt8] = []
    /// A link's target, likewise.
    var link: [UInt8] = []
    /// Twelve bits.
    var permissions: UInt32 = 0
    var user: UInt32 = 0
    var group: UInt32 = 0
    /// Of the file when unpacked.
    var size: Int64 = 0
    var modified = FileTime(seconds: 0)
    /// Only if the archive says so.
    var accessed: FileTime?
    var major: UInt32 = 0
    var minor: UInt32 = 0
    /// Extended attributes.
    var attributes: [Attribute] = []
    /// nil for files without holes; else where the data goes, in order.
    var extents: [Extent]?
}
