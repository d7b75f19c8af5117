import Client
import Model
import RuntimeSpec
import Testing

struct UserReferenceTests {
    private static let passwd = Array(
        """
        root:x:0:0:root:/root:/bin/sh
        # no entry
        broken:x:5
        www:x:33:33:web:/var/www:/bin/sh
        1000:x:77:77:a number for a name:/:/bin/sh
        app:x:1000:1001:the app:/app:/bin/sh
        app:x:0:0:an entry that comes too late:/:/bin/sh
        wild:x:-1:99999999999:no numbers:/:/bin/sh
        """.utf8)
    private static let group = Array(
        """
        root:x:0:
        www:x:33:app,other
        staff:x:50:other,app
        apps:x:1001:app
        half:x:60
        """.utf8)

    private func resolved(_ text: String) throws(Failure) -> User {
        try UserReference(text).resolved(passwd: Self.passwd, group: Self.group)
    }

    @Test(arguments: [
        ("app", User(uid: 1000, gid: 1001, additionalGids: [1001, 33, 50])),
        ("www", User(uid: 33, gid: 33, additionalGids: [33])),
        // A number is the user with that number, not the one with that name.
        ("1000", User(uid: 1000, gid: 1001, additionalGids: [1001, 33, 50])),
        ("4711", User(uid: 4711, gid: 0, additionalGids: [0])),
        ("app:staff", User(uid: 1000, gid: 50, additionalGids: [50])),
        ("app:7", User(uid: 1000, gid: 7, additionalGids: [7])),
        ("1000:staff", User(uid: 1000, gid: 50, additionalGids: [50])),
        ("root:staff", User(uid: 0, gid: 50, additionalGids: [50])),
    ]) func `names and numbers are looked up as containerd does`(text: String, expected: User) throws {
        #expect(try UserReference(text).known == nil)
        #expect(try resolved(text) == expected)
    }

    @Test(arguments: [
        ("", User(uid: 0, gid: 0, additionalGids: [0])), ("0", User(uid: 0, gid: 0, additionalGids: [0])),
        ("root", User(uid: 0, gid: 0, additionalGids: [0])), ("5:6", User(uid: 5, gid: 6, additionalGids: [6])),
    ]) func `what says it all needs no file`(text: String, expected: User) throws {
        #expect(try UserReference(text).known == expected)
    }

    @Test(arguments: [
        ("nobody", "user \"nobody\": the image's /etc/passwd has no \"nobody\"; give a number"),
        ("broken", "user \"broken\": the image's /etc/passwd has no \"broken\"; give a number"),
        ("wild", "user \"wild\": the image's /etc/passwd has no \"wild\"; give a number"),
        ("app:none", "user \"app:none\": the image's /etc/group has no \"none\"; give a number"),
        ("app:half", "user \"app:half\": the image's /etc/group has no \"half\"; give a number"),
        ("a:b:c", "user \"a:b:c\": expected USER[:GROUP]"), (":", "user \":\": expected USER[:GROUP]"),
        ("app:", "user \"app:\": expected USER[:GROUP]"),
        ("4294967295", "user \"4294967295\": expected IDs up to 2147483647, found 4294967295"),
    ]) func `who is not there is refused by name`(text: String, message: String) throws {
        let failure = #expect(throws: Failure.self) { try resolved(text) }
        #expect(failure?.code == .invalidArgument)
        #expect(failure?.message == message)
    }
}
