internal import Model

/// A path of a layer's entry, made fit for lookups beneath a root: relative, without ".", ".." and empty parts.
/// Empty for the root itself.
struct LayerPath: Hashable {
    /// The kernel's limit, with room for the terminator.
    private static let maximumLength = 4095

    private static let slash = UInt8(ascii: "/")
    static let whiteoutPrefix = Array(".wh.".utf8)
    static let opaqueMark = Array(".wh..wh..opq".utf8)
    /// Names that aufs used for itself.
    private static let reservedPrefix = Array(".wh..wh.".utf8)

    let bytes: [UInt8]
    /// Where the last component begins.
    private let lastStart: Int

    /// `failedPrecondition` for names that lead out of the root, which no honest layer has, and for ones that no
    /// file can have.
    init(_ raw: [UInt8]) throws(Failure) {
        guard raw.count <= Self.maximumLength else {
            throw .malformed(
                "entry \(raw.quoted): a name of \(raw.count) bytes; at most \(Self.maximumLength) are possible")
        }
        guard Self.needsCleaning(raw) else {
            self.init(clean: raw)
            return
        }
        var parts: [ArraySlice<UInt8>] = []
        for part in raw.split(separator: Self.slash) {
            if part.elementsEqual(".".utf8) { continue }
            if part.elementsEqual("..".utf8) {
                guard parts.popLast() != nil else { throw .malformed("entry \(raw.quoted): leads out of the root") }
                continue
            }
            parts.append(part)
        }
        self.init(clean: Array(parts.joined(separator: [Self.slash])))
    }

    private init(clean: [UInt8]) {
        bytes = clean
        lastStart = clean.lastIndex(of: Self.slash).map { $0 + 1 } ?? 0
    }

    private static func needsCleaning(_ raw: [UInt8]) -> Bool {
        var atStart = true
        for byte in raw {
            // A part that is empty or begins with a dot may need it.
            if atStart, byte == slash || byte == UInt8(ascii: ".") { return true }
            atStart = byte == slash
        }
        return atStart
    }

    var isRoot: Bool { bytes.isEmpty }
    var name: ArraySlice<UInt8> { bytes[lastStart...] }
    var parent: ArraySlice<UInt8> { bytes[..<max(lastStart - 1, 0)] }
    var isReserved: Bool { bytes.starts(with: Self.reservedPrefix) && !isOpaqueMark }
    var isOpaqueMark: Bool { name.elementsEqual(Self.opaqueMark) }

    /// The name that a whiteout hides; nil for other entries and for the mark that hides all.
    func hiddenName() throws(Failure) -> [UInt8]? {
        guard name.starts(with: Self.whiteoutPrefix), !isOpaqueMark, !isReserved else { return nil }
        let hidden = name.dropFirst(Self.whiteoutPrefix.count)
        guard !hidden.isEmpty, !hidden.elementsEqual(".".utf8), !hidden.elementsEqual("..".utf8) else {
            throw .malformed("entry \(bytes.quoted): a whiteout of nothing that has a name")
        }
        return Array(hidden)
    }
}
