enum DaemonRoom {}
