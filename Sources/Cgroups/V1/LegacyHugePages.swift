internal import RuntimeSpec

/// The version 1 hugetlb controller: pages in use, and since Linux 5.7 pages reserved.
enum LegacyHugePages {
    static func set(_ limit: HugepageLimit, in directory: ControlDirectory, field: String) throws(CgroupError) {
        try directory.set("hugetlb.\(limit.pageSize).limit_in_bytes", String(limit.limit), field: field)
        let reserved = "hugetlb.\(limit.pageSize).rsvd.limit_in_bytes"
        if directory.has(reserved) { try directory.set(reserved, String(limit.limit), field: field) }
    }
}
