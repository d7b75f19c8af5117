internal import Kernel
internal import RuntimeSpec

/// Which users of the host a user namespace's users are. See user_namespaces(7).
enum UserMappings {
    /// Writes the maps of a process that was born into a new user namespace, as its privileged creator.
    static func write(_ linux: Linux, process: Int32, hostProc: Int32) throws(ContainerError) {
        for (name, mappings) in [("uid_map", linux.uidMappings), ("gid_map", linux.gidMappings)] {
            let text = mappings.map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
            do {
                try SmallFile.write(text, to: "\(process)/\(name)", beneath: hostProc)
            } catch {
                throw ContainerError("linux.\(name == "uid_map" ? "uidMappings" : "gidMappings")", error)
            }
        }
    }
}
