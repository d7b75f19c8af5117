internal import Glibc
internal import Logging
internal import Metadata
internal import Model
internal import Tasks

/// What the supervisor knows, written to the log for a person who asks with SIGUSR1.
struct StateDump {
    let parts: Assembly
    let history: LogHistory
    let logger: Logger

    func write() async {
        logger.info("state begins", metadata: ["pid": "\(getpid())", "version": "\(Build.version)"])
        do throws(Failure) {
            for namespace in try await parts.metadata.namespaces.list() {
                await write(namespace.name)
            }
        } catch {
            logger.error("namespaces cannot be listed", metadata: ["error": "\(error)"])
        }
        for line in history.recent {
            logger.info("earlier", metadata: ["line": "\(line)"])
        }
        logger.info("state ends")
    }

    private func write(_ namespace: String) async {
        do throws(Failure) {
            for task in try await parts.tasks.list(namespace: namespace) {
                logger.info(
                    "task",
                    metadata: [
                        "namespace": "\(namespace)", "id": "\(task.containerID)", "pid": "\(task.pid)",
                        "status": "\(task.status)",
                    ])
            }
            for lease in try await parts.metadata.leases.list(filters: [], namespace: namespace) {
                logger.info("lease", metadata: ["namespace": "\(namespace)", "id": "\(lease.id)"])
            }
        } catch {
            logger.error("namespace cannot be listed", metadata: ["namespace": "\(namespace)", "error": "\(error)"])
        }
    }
}
