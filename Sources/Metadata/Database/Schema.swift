internal import GRDB

/// The tables, and how an older database becomes a newer one.
///
/// A migration, once released, is never edited; a change is a new one. A database with migrations that this program
/// does not know is refused, not guessed at.
///
///     counters         name → value. "generation": changes of anything that garbage collection looks at;
///                      "number": the last number that was set aside for snapshots' and ingests' directories.
///     namespaces       every namespace that was created or has ever been used, until it is deleted.
///     images           names for content.
///     containers       what to run. A table with row numbers, as specs are large.
///     sandboxes        the same for sandboxes.
///     content          which namespace knows which committed blob.
///     ingests          writes that have begun. `directory` is never used again; `expires` is null while a lease
///                      holds the ingest.
///     snapshots        `number` names the driver's directory. `parent` is a number as well, so that names may change.
///     leases           clients' claims ...
///     lease_resources  ... and what they hold, whether or not it exists.
///
/// Labels and annotations are JSON objects of strings (null for none), so that `sqlite3` can look into them; typed
/// payloads are a type and its bytes; extensions are packed by ``PayloadMap``. Times are nanoseconds since 1970.
/// Snapshotters stand under their canonical names.
enum Schema {
    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator().disablingDeferredForeignKeyChecks()
        migrator.registerMigration("1: records") { db in
            try db.execute(sql: records)
        }
        return migrator
    }()

    private static let records = """
        CREATE TABLE counters (
            name TEXT NOT NULL PRIMARY KEY,
            value INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO counters (name, value) VALUES ('generation', 0), ('number', 0);

        CREATE TABLE namespaces (
            name TEXT NOT NULL PRIMARY KEY,
            labels TEXT
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE images (
            namespace TEXT NOT NULL,
            name TEXT NOT NULL,
            labels TEXT,
            media_type TEXT NOT NULL,
            digest TEXT NOT NULL,
            size INTEGER NOT NULL,
            annotations TEXT,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            PRIMARY KEY (namespace, name)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE containers (
            row INTEGER PRIMARY KEY,
            namespace TEXT NOT NULL,
            id TEXT NOT NULL,
            labels TEXT,
            image TEXT NOT NULL,
            runtime TEXT NOT NULL,
            options_type TEXT,
            options BLOB,
            snapshotter TEXT NOT NULL,
            snapshot_key TEXT NOT NULL,
            sandbox TEXT NOT NULL,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            extensions BLOB,
            spec_type TEXT,
            spec BLOB,
            UNIQUE (namespace, id)
        ) STRICT;

        CREATE TABLE sandboxes (
            row INTEGER PRIMARY KEY,
            namespace TEXT NOT NULL,
            id TEXT NOT NULL,
            labels TEXT,
            runtime TEXT NOT NULL,
            options_type TEXT,
            options BLOB,
            sandboxer TEXT NOT NULL,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            extensions BLOB,
            spec_type TEXT,
            spec BLOB,
            UNIQUE (namespace, id)
        ) STRICT;

        CREATE TABLE content (
            namespace TEXT NOT NULL,
            digest TEXT NOT NULL,
            size INTEGER NOT NULL,
            labels TEXT,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            PRIMARY KEY (namespace, digest)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX content_by_digest ON content (digest);

        CREATE TABLE ingests (
            namespace TEXT NOT NULL,
            reference TEXT NOT NULL,
            directory TEXT NOT NULL,
            expires INTEGER,
            PRIMARY KEY (namespace, reference)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE snapshots (
            number INTEGER PRIMARY KEY,
            namespace TEXT NOT NULL,
            snapshotter TEXT NOT NULL,
            name TEXT NOT NULL,
            kind INTEGER NOT NULL,
            parent INTEGER,
            labels TEXT,
            size INTEGER,
            inodes INTEGER,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            UNIQUE (namespace, snapshotter, name)
        ) STRICT;
        CREATE INDEX snapshots_by_parent ON snapshots (parent) WHERE parent IS NOT NULL;

        CREATE TABLE leases (
            namespace TEXT NOT NULL,
            id TEXT NOT NULL,
            labels TEXT,
            created INTEGER NOT NULL,
            PRIMARY KEY (namespace, id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE lease_resources (
            namespace TEXT NOT NULL,
            lease TEXT NOT NULL,
            type TEXT NOT NULL,
            id TEXT NOT NULL,
            PRIMARY KEY (namespace, lease, type, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX lease_resources_by_id ON lease_resources (namespace, type, id);
        """
}
