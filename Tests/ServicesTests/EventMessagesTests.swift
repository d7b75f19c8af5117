import ContainerdTypes
import Model
import Services
import SwiftProtobuf
import Testing
import Wire

struct EventMessagesTests {
    private let coding = EventMessages()

    @Test func `an event has containerd's type and fields`() throws {
        let payload = coding.encode(
            .taskExited(
                containerID: "c1", id: "e1", pid: 7, status: 137, at: Timestamp(seconds: 5, nanoseconds: 6)))
        #expect(payload.typeURL == "containerd.events.TaskExit")
        let message = try Containerd_Events_TaskExit(serializedBytes: payload.value)
        #expect(message.containerID == "c1")
        #expect(message.id == "e1")
        #expect(message.pid == 7)
        #expect(message.exitStatus == 137)
        #expect(message.exitedAt == Google_Protobuf_Timestamp(seconds: 5, nanos: 6))
    }

    @Test func `events of images are of the images service`() {
        #expect(coding.encode(.imageDeleted(name: "x")).typeURL == "containerd.services.images.v1.ImageDelete")
    }

    @Test func `filters find text fields, nested ones and labels`() {
        let created = coding.encode(
            .containerCreated(id: "c1", image: "busybox", runtime: .init(name: "io.containerd.berth.v1")))
        #expect(coding.field(["id"], of: created) == "c1")
        #expect(coding.field(["image"], of: created) == "busybox")
        #expect(coding.field(["runtime", "name"], of: created) == "io.containerd.berth.v1")
        let updated = coding.encode(
            .containerUpdated(id: "c1", image: "", labels: ["a.b/c": "1", "x": "2"], snapshotKey: "k"))
        #expect(coding.field(["labels", "a.b/c"], of: updated) == "1")
        #expect(coding.field(["labels", "a", "b/c"], of: updated) == "1")
        #expect(coding.field(["labels", "x"], of: updated) == "2")
        #expect(coding.field(["snapshot_key"], of: updated) == "k")
    }

    @Test func `absent fields, numbers and unknown messages have no value`() {
        let exit = coding.encode(
            .taskExited(containerID: "c1", id: "c1", pid: 7, status: 0, at: Timestamp(seconds: 0)))
        #expect(coding.field(["pid"], of: exit) == nil)
        #expect(coding.field(["labels", "x"], of: exit) == nil)
        #expect(coding.field([], of: exit) == nil)
        #expect(coding.field(["id"], of: TypedPayload(typeURL: "other.Message", value: exit.value)) == nil)
    }

    @Test func `a type url may carry a host`() {
        var exit = coding.encode(
            .taskExited(containerID: "c1", id: "e", pid: 7, status: 0, at: Timestamp(seconds: 0)))
        exit.typeURL = "types.googleapis.com/" + exit.typeURL
        #expect(coding.field(["container_id"], of: exit) == "c1")
    }

    @Test(arguments: [
        [0x0A], [0x0A, 0xFF], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x0F], [0x0D, 1],
    ])
    func `a malformed message has no fields`(bytes: [UInt8]) {
        #expect(
            coding.field(
                ["container_id"], of: TypedPayload(typeURL: "containerd.events.TaskExit", value: bytes)) == nil)
    }
}
