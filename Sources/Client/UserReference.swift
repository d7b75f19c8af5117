package import Model
package import RuntimeSpec

/// Who a process is to run as, in an image's or a person's words: `USER[:GROUP]`, each a name or a number.
///
/// A number is never taken for a name, as containerd has it.
package struct UserReference: Sendable {
    private enum Party: Equatable {
        case name(String)
        case number(UInt32)
    }

    private let text: String
    private let user: Party
    private let group: Party?

    /// - Throws: `invalidArgument` for what cannot be one.
    package init(_ text: String) throws(Failure) {
        self.text = text
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, parts.count == 1 || !parts.contains("") else {
            throw .invalid("user \"\(text)\": expected USER[:GROUP]")
        }
        user = parts[0].isEmpty ? .number(0) : try Self.party(parts[0], in: text)
        group = parts.count == 2 ? try Self.party(parts[1], in: text) : nil
    }

    private static func party(_ part: String, in text: String) throws(Failure) -> Party {
        guard part.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return .name(part) }
        guard let number = UInt32(part), number <= Int32.max else {
            throw .invalid("user \"\(text)\": expected IDs up to \(Int32.max), found \(part)")
        }
        return .number(number)
    }

    /// The user where no file of the image has to be asked; nil otherwise. Root is root everywhere.
    package var known: User? {
        switch (user, group) {
        case (.number(0), nil), (.name("root"), nil), (.name("root"), .name("root")):
            User(uid: 0, gid: 0, additionalGids: [0])
        case (.number(let uid), .number(let gid)): User(uid: uid, gid: gid, additionalGids: [gid])
        default: nil
        }
    }

    /// The user according to the image's passwd(5) and group(5). A number that no entry has is itself, with group 0; a
    /// user whose group was not given also has those that list the name.
    /// - Parameters:
    ///   - passwd: the file's content, empty if there is none. It is the image's: nothing is taken for granted.
    ///   - group: likewise.
    package func resolved(passwd: [UInt8], group groups: [UInt8]) throws(Failure) -> User {
        if let known { return known }
        let entry = Self.entry(of: user, in: passwd, fields: 7)
        let (uid, own): (UInt32, UInt32)
        switch user {
        case .number(let number): (uid, own) = (number, entry.flatMap { UInt32($0[3]) } ?? 0)
        case .name(let name):
            guard let entry, let number = UInt32(entry[2]), let primary = UInt32(entry[3]) else {
                throw .invalid("user \"\(text)\": the image's /etc/passwd has no \"\(name)\"; give a number")
            }
            (uid, own) = (number, primary)
        }
        switch group {
        case .number(let gid): return User(uid: uid, gid: gid, additionalGids: [gid])
        case .name(let name):
            guard let gid = Self.entry(of: .name(name), in: groups, fields: 4).flatMap({ UInt32($0[2]) }) else {
                throw .invalid("user \"\(text)\": the image's /etc/group has no \"\(name)\"; give a number")
            }
            return User(uid: uid, gid: gid, additionalGids: [gid])
        case nil:
            let others = entry.map { Self.memberships(of: $0[0], in: groups) } ?? []
            return User(uid: uid, gid: own, additionalGids: [own] + others.filter { $0 != own })
        }
    }

    /// The fields of the first line that has the party's name or number.
    private static func entry(of party: Party, in file: [UInt8], fields: Int) -> [Substring]? {
        lines(of: file, fields: fields).first { line in
            switch party {
            case .name(let name): line[0] == name
            case .number(let number): UInt32(line[2]) == number
            }
        }
    }

    private static func memberships(of name: Substring, in groups: [UInt8]) -> [UInt32] {
        lines(of: groups, fields: 4).filter { $0[3].split(separator: ",").contains(name) }.compactMap { UInt32($0[2]) }
    }

    /// Lines with that many fields; others are no entries, and passed over as the C library does.
    private static func lines(of file: [UInt8], fields: Int) -> some Sequence<[Substring]> {
        String(decoding: file, as: UTF8.self).split(separator: "\n").lazy
            .map { $0.split(separator: ":", omittingEmptySubsequences: false) }
            .filter { $0.count >= fields && !$0[0].isEmpty }
    }
}
