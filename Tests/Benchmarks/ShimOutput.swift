internal import Client
internal import Model

/// A container that writes as fast as it can, through its shim into a FIFO.
struct ShimOutput: Sendable {
    let stock: ShimPlace
    let berth: ShimPlace
    /// For the FIFOs.
    let directory: String
    let mebibytes: Int

    private struct Finding {
        var throughput = 0.0
        var cpu = Duration.zero
    }

    func run() async throws {
        var best = [Finding(), Finding()]
        // In turns; the better one of two counts.
        for round in 0..<2 {
            for (index, place) in [stock, berth].enumerated() {
                let found = try await measure(place, round)
                if found.throughput > best[index].throughput { best[index] = found }
            }
        }
        report(best[0], best[1])
    }

    private func measure(_ place: ShimPlace, _ round: Int) async throws -> Finding {
        let id = "output-\(place.name)-\(round)"
        let fifo = try OutputFifo("\(directory)/\(id).out")
        defer { fifo.remove() }
        // Stock shims want one for errors where there is one for output.
        let errors = try OutputFifo("\(directory)/\(id).err")
        defer { errors.remove() }
        let command = ["dd", "if=/dev/zero", "bs=65536", "count=\(mebibytes * 16)"]
        let io = TaskIO(stdout: fifo.path, stderr: errors.path)
        return try await place.connected { life in
            async let received = fifo.drain()
            async let complaints = errors.drain()
            let started = try await life.start(id, command, io: io)
            let shim = try ProcessMemory.parent(of: started.pid)
            let status = try await life.client.wait(id)
            let found = await received
            _ = await complaints
            let cpu = try ProcessCounters.cpuTime(of: shim, withChildren: false)
            try await life.delete(id)
            guard status == 0, found.bytes == mebibytes << 20 else {
                throw Failure(
                    .dataLoss, "container \"\(id)\": exited with \(status); \(found.bytes) bytes came through")
            }
            return Finding(throughput: Double(mebibytes) / (found.time / .seconds(1)), cpu: cpu)
        }
    }

    private func report(_ stock: Finding, _ berth: Finding) {
        Report.heading("\(mebibytes) MiB of output through the shim into a FIFO")
        Report.columns("stock", "berth", "ratio", "goal")
        let ratio = berth.throughput / stock.throughput
        Report.row(
            "MiB per second",
            [
                Report.decimal(stock.throughput), Report.decimal(berth.throughput), Report.decimal(ratio),
                "1 " + Report.verdict(ratio >= 1),
            ])
        let saved = stock.cpu / berth.cpu
        Report.row(
            "CPU time of the shim",
            [
                Report.milliseconds(stock.cpu), Report.milliseconds(berth.cpu), "1/" + Report.decimal(saved),
                "1/2 " + Report.verdict(saved >= 2),
            ])
    }
}
