import Content
import Crypto
import Glibc
import ImageSpec
import Kernel
import Layers
import Model
import TestKit
import Testing

/// A differ over a content store in a scratch directory, with places to unpack to.
struct LayerFixture: Sendable {
    static let scope = Scope(namespace: "default")

    let path: String
    let store: LocalContentStore
    let differ: LayerDiffer

    static func with(_ body: (LayerFixture) async throws -> Void) async throws {
        try await withScratchDirectory("layers") { path in
            let store = try LocalContentStore(
                directory: path + "/content", records: MemoryContentRecords(), events: EventRecorder())
            try await body(LayerFixture(path: path, store: store, differ: LayerDiffer(content: store)))
        }
    }

    /// A fresh directory.
    func directory(_ name: String) -> String {
        mkdir("\(path)/\(name)", 0o755)
        return "\(path)/\(name)"
    }

    func bind(_ directory: String) -> [Mount] {
        [Mount(type: "bind", source: directory, options: ["rw", "rbind"])]
    }

    func overlay(upper: String, lower: [String]) -> [Mount] {
        let work = directory("work-\(upper.split(separator: "/").last!)")
        return [
            Mount(
                type: "overlay", source: "overlay",
                options: [
                    "index=off", "workdir=\(work)", "upperdir=\(upper)", "lowerdir=\(lower.joined(separator: ":"))",
                ])
        ]
    }

    func put(_ bytes: [UInt8], _ mediaType: String = "application/vnd.oci.image.layer.v1.tar") async throws
        -> Descriptor
    {
        let digest = ImageSpec.Digest(.sha256, bytes: SHA256.hash(data: bytes))
        if (try? await store.info(digest, in: Self.scope)) == nil {
            let writer = try await store.openWriter("\(digest)", total: 0, expected: digest, in: Self.scope)
            try await writer.append(bytes)
            _ = try await writer.commit(size: 0, expected: nil, labels: [:])
        }
        return Descriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count))
    }

    @discardableResult
    func apply(_ bytes: [UInt8], onto mounts: [Mount]) async throws -> Descriptor {
        try await differ.apply(try await put(bytes), onto: mounts, sync: false, in: Self.scope)
    }

    /// Expects the layer to be refused, with a message that names it.
    @discardableResult
    func expectRefusal(
        _ bytes: [UInt8], onto mounts: [Mount], _ codes: Failure.Code...,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let layer = try await put(bytes)
        do throws(Failure) {
            _ = try await differ.apply(layer, onto: mounts, sync: false, in: Self.scope)
            Issue.record("the layer was unpacked", sourceLocation: sourceLocation)
            return ""
        } catch {
            #expect(codes.contains(error.code), "\(error)", sourceLocation: sourceLocation)
            #expect(error.message.contains(layer.digest.description), sourceLocation: sourceLocation)
            return error.message
        }
    }

    func read(_ digest: ImageSpec.Digest) async throws -> [UInt8] {
        let reader = try await store.open(digest, in: Self.scope)
        return try reader.read(at: 0, count: Int(reader.size))
    }
}

/// Facts of a file, for comparisons: type, mode, owner, links' target or contents, whole seconds of its time.
func facts(_ path: String) -> String {
    var status = stat()
    guard lstat(path, &status) == 0 else { return "none" }
    var facts = String(status.st_mode, radix: 8) + " \(status.st_uid):\(status.st_gid) \(status.st_mtim.tv_sec)"
    switch status.st_mode & S_IFMT {
    case S_IFLNK: facts += " -> " + link(at: path)
    case S_IFREG: facts += " \(status.st_size) " + contents(path)
    case S_IFCHR, S_IFBLK: facts += " \(status.st_rdev)"
    default: break
    }
    return facts
}

func link(at path: String) -> String {
    var target = [UInt8](repeating: 0, count: 4096)
    let count = target.withUnsafeMutableBytes {
        readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), 4096)
    }
    return String(decoding: target[..<max(count, 0)], as: UTF8.self)
}

func contents(_ path: String) -> String {
    let file = open(path, O_RDONLY | O_NOFOLLOW)
    guard file >= 0 else { return "unreadable" }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    return String(decoding: bytes[..<max(Glibc.read(file, &bytes, bytes.count), 0)], as: UTF8.self)
}

func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
}

func write(_ path: String, _ text: String, mode: UInt32 = 0o644) {
    let file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o644)
    let bytes = Array(text.utf8)
    _ = Glibc.write(file, bytes, bytes.count)
    fchmod(file, mode)
    close(file)
}

/// Every name below `path` with its facts but for directories' times.
func tree(_ path: String, _ prefix: String = "") -> [String: String] {
    var found: [String: String] = [:]
    guard let directory = opendir(path) else { return [:] }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name == "." || name == ".." { continue }
        found[prefix + name] = facts(path + "/" + name)
        var status = stat()
        lstat(path + "/" + name, &status)
        if status.st_mode & S_IFMT == S_IFDIR { found.merge(tree(path + "/" + name, prefix + name + "/")) { $1 } }
    }
    return found
}

/// What two trees do not have in common, short enough to read.
func differences(_ one: [String: String], _ other: [String: String]) -> [String] {
    Set(one.keys).union(other.keys).sorted().compactMap { name in
        let (left, right) = (one[name] ?? "missing", other[name] ?? "missing")
        return left == right ? nil : "\(name.prefix(40)): \(left.prefix(80)) / \(right.prefix(80))"
    }
}

/// Whether the shell command succeeds.
func run(_ command: String) -> Bool { system(command + " 2>/dev/null") == 0 }

func bytesOf(_ path: String) -> [UInt8] {
    let file = open(path, O_RDONLY)
    defer { close(file) }
    var status = stat()
    fstat(file, &status)
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var done = 0
    while done < bytes.count {
        let count = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress! + done, $0.count - done) }
        if count <= 0 { break }
        done += count
    }
    return bytes
}
