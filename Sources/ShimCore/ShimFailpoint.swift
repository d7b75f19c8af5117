internal import Libcontainer

/// The shim's own steps, between those of its containers.
package enum ShimFailpoint: String, Failpoint {
    case createBegun = "shim.create.begun"
    case streamsOpened = "shim.create.streams-opened"
    case adopted = "shim.create.adopted"
    case execPrepared = "shim.exec.prepared"
    case execStreamsOpened = "shim.exec.streams-opened"
    case execAdopted = "shim.exec.adopted"
    case reaped = "shim.exit.reaped"
    /// After any call's answer, before what follows from it is told.
    case answered = "shim.call.answered"
    case forgotten = "shim.delete.forgotten"
    case listening = "shim.start.listening"
    case spawned = "shim.start.spawned"
    case numberWritten = "shim.start.number-written"
    case addressWritten = "shim.start.address-written"
    case swept = "shim.removal.container-removed"
}
