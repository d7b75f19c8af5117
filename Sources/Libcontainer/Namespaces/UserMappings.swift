internal import Kernel
internal import RuntimeSpec

/// Which users of the host a user namespace's users are. See user_namespaces(7).
struct UserMappings: Equatable {
    var uids: [LinuxIDMapping]
    var gids: [LinuxIDMapping]

    /// Writes the maps of a process that was born into a new user namespace, as its privileged creator. `field` is
    /// where they stand in the configuration.
    func write(process: Int32, hostProc: Int32, field: String) throws(ContainerError) {
        for (file, name, mappings) in [("uid_map", "uidMappings", uids), ("gid_map", "gidMappings", gids)] {
            let text = mappings.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
            do {
                try SmallFile.write(text, to: "\(process)/\(file)", beneath: hostProc)
            } catch {
                throw ContainerError("\(field).\(name)", error)
            }
        }
    }

    /// The user of the host that a process's user is, by the map of the process; nil if there is none.
    static func hostUser(of uid: UInt32, process: Int32, hostProc: Int32) throws(SystemCallError) -> UInt32? {
        for line in try SmallFile.text("\(process)/uid_map", beneath: hostProc).split(separator: "\n") {
            let numbers = line.split(separator: " ").compactMap { UInt32($0) }
            guard numbers.count == 3, uid >= numbers[0], uid - numbers[0] < numbers[2] else { continue }
            return numbers[1] + (uid - numbers[0])
        }
        return nil
    }
}
