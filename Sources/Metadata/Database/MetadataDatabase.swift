internal import Dispatch
internal import GRDB
internal import Glibc
internal import Model
internal import Synchronization

/// The database file: one writer, readers beside it, and the wait for durability.
///
/// SQLite in WAL mode with `synchronous=NORMAL`: a commit is one write(2) sequence without any sync, and survives the
/// death of the process. ``flush()`` makes it survive power loss, see ``LogSync``. A crash at any line leaves a
/// database that opens with every commit whose frames reached the log, in order, and no half of one.
///
/// Checkpoints run on a connection and a thread of their own, so that no commit ever pays for their syncs.
///
/// Statements run on the caller's thread, in the writer's case one after another: they take tens of microseconds,
/// less than a hop to another thread would add. Connections keep small caches: the daemon's memory is counted.
final class MetadataDatabase: Sendable {
    /// Write transactions between checkpoints. The log then is a few megabytes at most.
    private static let checkpointInterval = 256
    /// Directory numbers that are set aside at a time.
    private static let numberBlock: Int64 = 1024

    let path: String
    let expiries = ExpirySignal()
    private let pool: DatabasePool
    private let writer = Writer()
    private let checkpoints: DatabaseQueue
    private let log: LogSync
    private let reserve: DiskReserve
    private let numbers = Mutex<Range<Int64>>(0..<0)
    private let writes = Mutex(0)

    /// Opens or creates the database. Throws a failure that names the file when it is damaged, in use, not writable
    /// or was written by a newer program.
    init(path: String) throws(Failure) {
        self.path = path
        do {
            let pool = try DatabasePool(path: path, configuration: MetadataDatabase.configuration)
            try MetadataDatabase.migrate(pool, path: path)
            let checkpoints = try DatabaseQueue(path: path, configuration: MetadataDatabase.configuration)
            self.pool = pool
            self.checkpoints = checkpoints
        } catch {
            throw Failure(error, path: path)
        }
        log = try LogSync(path: path + "-wal")
        reserve = DiskReserve(path: path + "-reserve")
        reserve.take()
        try MetadataDatabase.syncDirectory(of: path)
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "metadata"
        configuration.maximumReaderCount = 3
        configuration.foreignKeysEnabled = false
        // Another process is in the way only for a moment, if it is a person's sqlite3.
        configuration.busyMode = .timeout(2)
        configuration.prepareDatabase { db in
            try db.execute(
                sql: """
                    PRAGMA synchronous = NORMAL;
                    PRAGMA cache_size = -256;
                    PRAGMA mmap_size = 0;
                    PRAGMA temp_store = MEMORY;
                    """)
            // Only the checkpoint connection copies the log; a reader may not even say so.
            if !db.configuration.readonly { try db.execute(sql: "PRAGMA wal_autocheckpoint = 0") }
        }
        return configuration
    }

    private static func migrate(_ pool: DatabasePool, path: String) throws {
        let isNewer = try pool.read { try Schema.migrator.hasBeenSuperseded($0) }
        guard !isNewer else {
            throw Failure(
                .failedPrecondition, "metadata \"\(path)\": written by a newer version; run that version or a later one"
            )
        }
        try Schema.migrator.migrate(pool)
    }

    /// The entries of the database and its log must outlive power loss as their contents do.
    private static func syncDirectory(of path: String) throws(Failure) {
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(.internal, "directory \"\(directory)\": cannot open: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw Failure(.internal, "directory \"\(directory)\": cannot sync: \(String(cString: strerror(errno)))")
        }
    }

    /// Reads within one snapshot of the database.
    func read<T: Sendable>(_ body: @Sendable (Database) throws -> T) async throws(Failure) -> T {
        try readNow(body)
    }

    /// In a function of its own, as an async one would choose the variant of `read` that changes threads.
    private func readNow<T>(_ body: (Database) throws -> T) throws(Failure) -> T {
        do {
            return try pool.read(body)
        } catch {
            throw Failure(error, path: path)
        }
    }

    /// Runs `body` in a transaction of its own, which commits when `body` returns and is rolled back when it throws.
    /// - Parameter deleting: whether it only takes records away, which a full disk must not hinder.
    func write<T: Sendable>(
        deleting: Bool = false, _ body: @Sendable (Database) throws -> T
    ) async throws(Failure) -> T {
        let result = try await writer.run(body, on: pool, path: path, reserve: deleting ? reserve : nil)
        let isDue = writes.withLock { count in
            count += 1
            return count % MetadataDatabase.checkpointInterval == 0
        }
        if isDue { checkpoint() }
        return result
    }

    /// As `write`, and durable when it returns.
    func writeDurably<T: Sendable>(
        deleting: Bool = false, _ body: @Sendable (Database) throws -> T
    ) async throws(Failure) -> T {
        let result = try await write(deleting: deleting, body)
        try await flush()
        return result
    }

    /// Returns when every commit made before the call is durable.
    func flush() async throws(Failure) {
        try await log.wait()
    }

    /// Starts a checkpoint, unless there is nothing to copy. Its failure is of no consequence: the log keeps what it
    /// has, and the next one tries again.
    func checkpoint() {
        checkpoints.asyncWriteWithoutTransaction { [reserve] db in
            _ = try? db.checkpoint(.passive)
            reserve.take()
        }
    }

    /// A number that no directory has had or ever will have.
    ///
    /// Blocks of numbers are set aside in the database, which costs a write once in a while. Power loss may undo the
    /// setting aside together with every record that was made since; directories that it leaves are swept at start.
    func reserveNumber() async throws(Failure) -> Int64 {
        if let number = takeNumber() { return number }
        let block = MetadataDatabase.numberBlock
        let last: Int64 = try await write { db in
            try db.run("UPDATE counters SET value = value + ? WHERE name = 'number'", [block])
            return try db.row("SELECT value FROM counters WHERE name = 'number'", [])?[0] ?? 0
        }
        return numbers.withLock { numbers in
            // Somebody else may have fetched a block meanwhile; what is left of theirs is never used.
            numbers = (last - block + 2)..<(last + 1)
            return last - block + 1
        }
    }

    private func takeNumber() -> Int64? {
        numbers.withLock { $0.popFirst() }
    }
}

/// Keeps write transactions in one line.
private actor Writer {
    func run<T>(
        _ body: @Sendable (Database) throws -> T, on pool: DatabasePool, path: String, reserve: DiskReserve?
    ) throws(Failure) -> T {
        do throws(Failure) {
            return try attempt(body, on: pool, path: path)
        } catch {
            guard error.isDiskFull else { throw error }
            // After a checkpoint the log starts over in the space it already has.
            reserve?.release()
            do {
                try pool.writeWithoutTransaction { _ = try $0.checkpoint(.restart) }
            } catch {
                throw Failure(error, path: path)
            }
            return try attempt(body, on: pool, path: path)
        }
    }

    private func attempt<T>(
        _ body: (Database) throws -> T, on pool: DatabasePool, path: String
    ) throws(Failure) -> T {
        do {
            return try pool.write(body)
        } catch {
            throw Failure(error, path: path)
        }
    }
}
