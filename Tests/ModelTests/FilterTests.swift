import ImageSpec
import Model
import Testing

private struct Thing: Filterable {
    var fields: [String: String]

    func field(_ path: [String]) -> String? { fields[path.joined(separator: ".")] }
}

struct FilterTests {
    private func accepts(_ filter: String, _ fields: [String: String]) throws -> Bool {
        try Filter(filter).matches(Thing(fields: fields))
    }

    @Test func `an empty filter holds for everything`() throws {
        #expect(try accepts("", [:]))
        #expect(try FilterSet([]).matches(Thing(fields: [:])))
        #expect(try FilterSet(["name==a", ""]).matches(Thing(fields: [:])))
    }

    @Test func `a field path alone asks for presence`() throws {
        #expect(try accepts("labels.x", ["labels.x": ""]))
        #expect(try !accepts("labels.x", ["labels.y": "1"]))
    }

    @Test func `equality asks for a present and equal field`() throws {
        #expect(try accepts("name==a", ["name": "a"]))
        #expect(try !accepts("name==a", ["name": "b"]))
        #expect(try !accepts("name==a", [:]))
    }

    @Test func `inequality also holds for an absent field`() throws {
        #expect(try accepts("name!=a", ["name": "b"]))
        #expect(try accepts("name!=a", [:]))
        #expect(try !accepts("name!=a", ["name": "a"]))
    }

    @Test func `a comma means and`() throws {
        let fields = ["name": "a", "kind": "active"]
        #expect(try accepts("name==a,kind==active", fields))
        #expect(try !accepts("name==a,kind==view", fields))
        #expect(try accepts(" name == a , kind == active ", fields))
    }

    @Test func `several filters mean or`() throws {
        let filters = try FilterSet(["name==a", "name==b"])
        #expect(filters.matches(Thing(fields: ["name": "b"])))
        #expect(!filters.matches(Thing(fields: ["name": "c"])))
    }

    @Test func `quoted fields keep their dots and slashes`() throws {
        let container = ContainerRecord(
            id: "c", labels: ["io.x/y": "v", "a.b": "c"], runtime: ContainerRecord.Runtime(name: "r"))
        #expect(try Filter(#"labels."io.x/y"==v"#).matches(container))
        #expect(try Filter("labels.a.b==c").matches(container))
        #expect(try !Filter(#"labels."io.x/z""#).matches(container))
    }

    @Test func `a bare value runs up to a comma or a space`() throws {
        #expect(try accepts("image==docker.io/library/redis:7@x=y", ["image": "docker.io/library/redis:7@x=y"]))
        #expect(try accepts("image==a/b,x", ["image": "a/b", "x": ""]))
        #expect(try accepts("n==a|b", ["n": "a|b"]))
    }

    @Test(arguments: [
        (#""a b""#, "a b"), (#""a,b""#, "a,b"), (#""\t\n\"\\""#, "\t\n\"\\"), (#""\x41\101B\U00000043""#, "AABC"),
        (#""""#, ""), (#""é世""#, "é世"),
    ])
    func `quoted values have Go's escapes`(quoted: String, value: String) throws {
        #expect(try accepts("name==\(quoted)", ["name": value]))
    }

    @Test func `a regular expression may stand between slashes, bars or quotes`() throws {
        for pattern in [#"/^\/tasks\//"#, #"|^/tasks/|"#, #""^/tasks/""#] {
            #expect(try accepts("topic~=\(pattern)", ["topic": "/tasks/exit"]))
            #expect(try !accepts("topic~=\(pattern)", ["topic": "/images/create"]))
        }
        #expect(try accepts("topic~=^.tasks", ["topic": "/tasks/exit"]))
    }

    @Test(arguments: [
        ("name=", "position 5: unknown operator"), ("name==", "position 7: expected a value"), ("==a", "position 1"),
        ("name==a b", "position 9: expected a comma"), ("a..b", "position 3: expected a field"), ("a,", "position 3"),
        (#"name=="a"#, "position 7: the quoted text has no closing"), (#"a=="\q""#, #"unknown escape sequence \q"#),
        ("a==/x/", "quotes only regular expressions"), ("a~=/(/", "regular expression"), ("a<b", "unexpected"),
        (#"a=="\uD800""#, "no Unicode character"), (#"a=="\xff""#, "not UTF-8"), ("/a/==b", "expected a field"),
        ("a===b", #"unknown operator "===""#),
    ])
    func `a broken filter is refused with its position`(filter: String, message: String) throws {
        let failure = try #require(throws: Failure.self) { try Filter(filter) }
        #expect(failure.code == .invalidArgument)
        #expect(failure.message.contains(message), "\(failure.message)")
        #expect(failure.message.hasPrefix("filter \"\(filter)\""))
    }

    @Test func `an endless filter is refused`() {
        #expect(throws: Failure.self) { try Filter(String(repeating: "a", count: Filter.maximumLength + 1)) }
    }
}

struct FilterableRecordsTests {
    private let digest = Digest(.sha256, bytes: Array(repeating: 7, count: 32))

    @Test func `an image has containerd's fields`() throws {
        let image = ImageRecord(
            name: "a:b", labels: ["l": "1"],
            target: Descriptor(mediaType: "m/t", digest: digest, size: 1, annotations: ["k": "v"]))
        for filter in [
            "name==a:b", "target.digest==\(digest)", "target.mediatype==m/t", "labels.l==1", "annotations.k==v",
        ] {
            #expect(try Filter(filter).matches(image), "\(filter)")
        }
        for filter in ["target", "target.size", "labels", "other"] {
            #expect(try !Filter(filter).matches(image), "\(filter)")
        }
    }

    @Test func `a container has containerd's fields`() throws {
        let container = ContainerRecord(id: "c", image: "i", runtime: ContainerRecord.Runtime(name: "io.x.v1"))
        #expect(try Filter("id==c,image==i,runtime.name==io.x.v1").matches(container))
        #expect(try !Filter("runtime").matches(container))
        #expect(try !Filter("image").matches(ContainerRecord(id: "c", runtime: ContainerRecord.Runtime(name: "r"))))
    }

    @Test func `a snapshot has containerd's fields`() throws {
        let zero = Timestamp(seconds: 0)
        let info = SnapshotInfo(name: "s", parent: "", kind: .active, createdAt: zero, updatedAt: zero)
        #expect(try Filter("kind==active,name==s,parent").matches(info))
    }

    @Test func `an event is looked into`() throws {
        struct Coding: EventCoding {
            func encode(_ event: DomainEvent) -> TypedPayload { TypedPayload(typeURL: "", value: []) }
            func field(_ path: [String], of event: TypedPayload) -> String? {
                path == ["container_id"] ? "c1" : nil
            }
        }
        let envelope = EventEnvelope(
            timestamp: Timestamp(seconds: 0), namespace: "n", topic: "/t", event: TypedPayload(typeURL: "", value: []))
        let event = FilterableEvent(envelope, coding: Coding())
        #expect(try Filter(#"namespace==n,topic=="/t",event.container_id==c1"#).matches(event))
        #expect(try !Filter("event.other").matches(event))
    }
}
