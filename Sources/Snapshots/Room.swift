enum SnapshotsRoom {}
