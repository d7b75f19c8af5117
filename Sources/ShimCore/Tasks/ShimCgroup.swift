internal import Cgroups
internal import Kernel
internal import TTRPC

/// The option `shim_cgroup`: a cgroup of the host's administrator that this shim, and what it starts for itself, counts
/// to. Containers have cgroups of their own.
enum ShimCgroup {
    /// Moves this process into the cgroup of that name in every hierarchy that has one. It is neither made nor removed
    /// here.
    /// - Parameter path: below the hierarchies' roots.
    /// - Throws: `notFound` when no hierarchy has it.
    static func join(_ path: String) throws(Status) {
        let absolute = path.hasPrefix("/") ? path : "/" + path
        let present: [String: String]
        do throws(CgroupError) {
            let everywhere = try CgroupManager(path: absolute, containerID: "", layout: CgroupLayout.discover())
            present = everywhere.paths.filter { Directory.exists($0.value) }
        } catch {
            throw failure(path, error)
        }
        guard !present.isEmpty else {
            throw Status(.notFound, "runtime option \"shim_cgroup\": no hierarchy has a cgroup \"\(absolute)\"")
        }
        do throws(CgroupError) {
            try CgroupManager(loading: present).add(currentProcess())
        } catch {
            throw failure(path, error)
        }
    }

    private static func failure(_ path: String, _ error: CgroupError) -> Status {
        Status(.invalidArgument, "runtime option \"shim_cgroup\": \"\(path)\": \(error)")
    }
}
