internal import CLinux

/// See geteuid(2).
package func effectiveUser() -> UInt32 { geteuid() }

/// See getegid(2).
package func effectiveGroup() -> UInt32 { getegid() }
