import Model
import Testing

struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0, 0), ("2000-02-29T23:59:59Z", 951_868_799, 0),
        ("2026-02-28T12:00:00.5+01:00", 1_772_276_400, 500_000_000), ("1969-12-31T23:59:59.000000001Z", -1, 1),
        ("2024-12-31t00:00:00.1234567899-00:30", 1_735_605_000, 123_456_789),
        ("0001-01-01T00:00:00Z", -62_135_596_800, 0),
    ])
    func `RFC 3339 is read`(text: String, seconds: Int64, nanoseconds: Int32) {
        #expect(Timestamp(rfc3339: text) == Timestamp(seconds: seconds, nanoseconds: nanoseconds))
    }

    @Test(arguments: [
        "", "2026-02-28", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00.Z", "tomorrow",
    ])
    func `anything else is not`(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func `what is written is read again`() {
        for day in stride(from: Int64(-719_000), to: 800_000, by: 37) {
            let time = Timestamp(seconds: day * 86_400 + 12_345, nanoseconds: day % 2 == 0 ? 0 : 7)
            #expect(Timestamp(rfc3339: time.rfc3339) == time, "\(time.rfc3339)")
        }
        #expect(Timestamp(seconds: 951_782_400).rfc3339 == "2000-02-29T00:00:00Z")
    }
}
