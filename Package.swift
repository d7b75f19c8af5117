// swift-tools-version: 6.2
import PackageDescription

// Settings every Swift target shares. Warnings are errors everywhere: a build that warns does not land.
let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    // What is tested is the release build, the one that ships; internal names cost it less than a hundredth in size.
    .unsafeFlags(["-enable-testing"], .when(configuration: .release)),
]

// Lean rooms do without the library of regular expressions, of which even a `contains` would link a megabyte. They are
// optimised for size: a short run is the mapping of its pages more than the work in them, and no slower for it.
let leanSettings: [SwiftSetting] =
    swiftSettings + [
        .unsafeFlags(["-Xfrontend", "-disable-implicit-string-processing-module-import"]),
        .unsafeFlags(["-Osize"], .when(configuration: .release)),
    ]

// Generated code is compiled as its generators wrote it, in the same language mode.
let generatedSettings: [SwiftSetting] = [.swiftLanguageMode(.v6)]

// Lean executables carry the whole of libc and the Swift runtime, so that they run from any mount namespace.
// Symbols are left out of what ships: they are a third of such a file.
let staticLink: [LinkerSetting] = [
    .unsafeFlags(["-static-executable"]),
    .unsafeFlags(["-Xlinker", "-s"], .when(configuration: .release)),
]

// What the supervisor's executables carry of the Swift runtime beside the libraries that imports name.
let carriedArchives = [
    "Foundation", "CoreFoundation", "FoundationInternationalization", "FoundationEssentials",
    "_FoundationCollections", "_FoundationICU", "_FoundationCShims", "stdc++",
]

// They carry the runtime so that they run where no toolchain is installed, and are linked to fixed addresses: finding
// libraries and relocating them would take half of a short command's time. The group lets archives need each other in
// any order.
let selfContained: [LinkerSetting] = [
    .unsafeFlags(["-static-stdlib", "-Xclang-linker", "-no-pie"], .when(configuration: .release)),
    .unsafeFlags(
        ["-s", "--gc-sections", "--as-needed", "--no-export-dynamic"].flatMap { ["-Xlinker", $0] },
        .when(configuration: .release)),
    .unsafeFlags(
        ["-Xlinker", "--start-group"] + carriedArchives.map { "-l" + $0 } + ["-Xlinker", "--end-group"],
        .when(configuration: .release)),
]

extension Target.Dependency {
    static let grpcCore = product(name: "GRPCCore", package: "grpc-swift-2")
    static let grpcProtobuf = product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
    static let swiftProtobuf = product(name: "SwiftProtobuf", package: "swift-protobuf")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let crypto = product(name: "Crypto", package: "swift-crypto")
    static let logging = product(name: "Logging", package: "swift-log")
    static let grdb = product(name: "GRDB", package: "GRDB.swift")
    static let httpClient = product(name: "AsyncHTTPClient", package: "async-http-client")
    static let arguments = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let toml = product(name: "TOMLKit", package: "TOMLKit")
    static let signals = product(name: "UnixSignals", package: "swift-service-lifecycle")
}

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func generated(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: generatedSettings)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, swiftSettings: swiftSettings, linkerSettings: selfContained)
}

func leanRoom(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: leanSettings)
}

func leanProgram(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, swiftSettings: leanSettings, linkerSettings: staticLink)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func system(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

// Lean rooms: no Foundation, no package, one thread. What runs inside a container's shim.
let leanRooms: [Target] = [
    // Only its C files: a module seen with the GNU parts of glibc disagrees with every other one about the same types.
    .target(name: "CLinux", cSettings: [.define("_GNU_SOURCE")]),
    .target(name: "CSealing", cSettings: [.define("_GNU_SOURCE")]),
    .target(name: "CEarlySeal", dependencies: ["CSealing"], cSettings: [.define("_GNU_SOURCE")]),
    system("CSeccomp", pkgConfig: "libseccomp", apt: "libseccomp-dev"),
    system("CProtobufC", pkgConfig: "libprotobuf-c", apt: "libprotobuf-c-dev"),
    .target(name: "CTaskAPI", dependencies: ["CProtobufC"]),
    leanRoom("Kernel", ["CLinux", "CSealing"]),
    leanRoom("DBus", ["Kernel"]),
    leanRoom("TTRPC", []),
    leanRoom("TaskAPI", ["CTaskAPI", "CProtobufC", "TTRPC"]),
    leanRoom("RuntimeSpec", []),
    leanRoom("Cgroups", ["DBus", "Kernel", "RuntimeSpec"]),
    leanRoom("Seccomp", ["CSeccomp", "Kernel", "RuntimeSpec"]),
    leanRoom("Libcontainer", ["Kernel", "RuntimeSpec", "Cgroups", "Seccomp"]),
    leanRoom("ShimCore", ["Kernel", "RuntimeSpec", "Libcontainer", "Cgroups", "TTRPC", "TaskAPI"]),
    leanProgram("shim", ["ShimCore", "Kernel"]),
    leanProgram("runtime", ["CEarlySeal", "Libcontainer", "Kernel", "RuntimeSpec", "Cgroups"]),
]

// Supervisor rooms: Swift concurrency, SwiftNIO, gRPC, SQLite.
let supervisorRooms: [Target] = [
    system("CArchive", pkgConfig: "libarchive", apt: "libarchive-dev"),
    system("CISAL", pkgConfig: "libisal", apt: "libisal-dev"),
    system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    room("ImageSpec", [.crypto]),
    room("Model", ["ImageSpec"]),
    room("Metadata", ["Model", "ImageSpec", .grdb]),
    room("Content", ["Model", "ImageSpec", "Kernel", .crypto]),
    room("Snapshots", ["Model", "Kernel"]),
    room("Layers", ["Model", "ImageSpec", "Kernel", "CISAL", "CZstd", .crypto]),
    room("Registry", ["Model", "ImageSpec", .httpClient, .nioCore, .nioHTTP1]),
    room("Images", ["Model", "ImageSpec", "Layers", "Registry", "Kernel", "CArchive", .logging]),
    room("Reclaim", ["Model", .logging]),
    room("Events", ["Model"]),
    room("Executors", [.nioCore]),
    system("CNGHTTP2", pkgConfig: "libnghttp2", apt: "libnghttp2-dev"),
    room("HTTP2", ["CNGHTTP2"]),
    room("RPCTransport", ["HTTP2", "Executors", "Kernel", .grpcCore, .nioCore, .nioPosix]),
    generated("ContainerdTypes", [.swiftProtobuf]),
    room(
        "Tasks",
        [
            "Model", "Events", "Executors", "RuntimeSpec", "TTRPC", "Kernel", "ContainerdTypes", .swiftProtobuf,
            .nioCore, .nioPosix, .logging,
        ]
    ),
    generated("ContainerdAPI", ["ContainerdTypes", .swiftProtobuf, .grpcCore, .grpcProtobuf]),
    room("Wire", ["ContainerdTypes", "Model", "ImageSpec", .swiftProtobuf]),
    room(
        "Services",
        [
            "Model", "ImageSpec", "Wire", "ContainerdAPI", "ContainerdTypes", .grpcCore, .grpcProtobuf, .swiftProtobuf,
            .logging,
        ]),
    room(
        "Client",
        [
            "ContainerdAPI", "ContainerdTypes", "Wire", "Executors", "RPCTransport", "Model", "ImageSpec",
            "RuntimeSpec", "Kernel", .grpcCore, .swiftProtobuf, .nioPosix,
        ]),
    room("Commands", ["CArchive", "Client", "Model", "ImageSpec", "RuntimeSpec", "Kernel", .arguments]),
    room(
        "Daemon",
        [
            "ImageSpec", "Model", "Metadata", "Content", "Snapshots", "Layers", "Registry", "Images", "Reclaim",
            "Events", "Tasks", "Services", "Executors", "RPCTransport", "Kernel", "TTRPC", "ContainerdTypes",
            .grpcCore, .swiftProtobuf, .nioCore, .nioPosix, .logging, .toml, .signals, .arguments,
        ]),
    program("berthd", ["Daemon"]),
    program("berthctl", ["Commands"]),
]

let testTargets: [Target] = [
    tests("TTRPCTests", ["TTRPC", "TestKit"]),
    tests("TaskAPITests", ["TaskAPI", "TTRPC", "CTaskAPI", "CProtobufC"]),
    tests("ShimCoreTests", ["ShimCore", "Kernel", "TTRPC", "TaskAPI"]),
    .target(
        name: "TestKit", dependencies: ["Model", "ImageSpec", "Kernel"], path: "Tests/TestKit",
        swiftSettings: swiftSettings),
    .target(
        name: "GuestReport", dependencies: ["CGuest", "RuntimeSpec", "Kernel"], path: "Tests/GuestReport",
        swiftSettings: swiftSettings),
    .target(name: "CGuest", path: "Tests/CGuest"),
    .executableTarget(
        name: "guest", dependencies: ["CGuest", "GuestReport", "Kernel", "RuntimeSpec"], path: "Tests/Guest",
        swiftSettings: swiftSettings, linkerSettings: staticLink),
    // In C, for it is made of what no program should do.
    .executableTarget(name: "attacker", path: "Tests/Attacker", linkerSettings: staticLink),
    tests(
        "Advisories",
        [
            "GuestReport", "Kernel", "RuntimeSpec", "TestKit", "TTRPC", "TaskAPI", "Registry", "Model", "ImageSpec",
            .crypto, .nioPosix,
        ]),
    tests("HTTP2Tests", ["HTTP2"]),
    tests("RPCTransportTests", ["RPCTransport", "Kernel", "TestKit", .grpcCore, .nioCore, .nioPosix]),
    tests("KernelTests", ["Kernel"]),
    tests("LibcontainerTests", ["Libcontainer", "Kernel", "RuntimeSpec", "TestKit"]),
    tests("RootTests", ["GuestReport", "Kernel", "RuntimeSpec", "TestKit"]),
    tests("EngineTests", ["GuestReport", "Kernel", "RuntimeSpec", "TestKit"]),
    tests("ContentTests", ["Content", "Model", "ImageSpec", "TestKit"]),
    tests("SnapshotsTests", ["Snapshots", "Kernel", "Model", "TestKit"]),
    tests(
        "ShimTests",
        ["ShimCore", "Libcontainer", "Kernel", "TTRPC", "TaskAPI", "CTaskAPI", "CProtobufC", "TestKit"]),
    tests("ImageSpecTests", ["ImageSpec"]),
    tests("RegistryTests", ["Registry"]),
    tests("RuntimeSpecTests", ["Kernel", "RuntimeSpec", "TestKit"]),
    tests("CgroupsTests", ["Cgroups", "DBus", "Kernel", "RuntimeSpec", "TestKit"]),
    tests("SeccompTests", ["Seccomp", "CSeccomp", "CLinux", "Kernel", "RuntimeSpec", "TestKit"]),
    tests("LayersTests", ["Layers", "Content", "Kernel", "Model", "ImageSpec", "TestKit", .crypto]),
    tests("ModelTests", ["Model", "ImageSpec"]),
    tests("EventsTests", ["Events", "Model"]),
    tests("ReclaimTests", ["Reclaim", "Metadata", "Model", "ImageSpec", "TestKit", .logging]),
    tests("MetadataTests", ["Metadata", "Model", "ImageSpec", "TestKit", .grdb]),
    tests(
        "ServicesTests",
        [
            "Services", "Wire", "Model", "ImageSpec", "ContainerdAPI", "ContainerdTypes", "TestKit", .grpcCore,
            .swiftProtobuf,
        ]),
    tests("ClientTests", ["Client", "Model", "RuntimeSpec", "Seccomp", "CSeccomp", "Kernel"]),
    tests("DaemonTests", ["Client", "CSeccomp", "Daemon", "Model", "TestKit", .logging, .crypto]),
    .executableTarget(
        name: "supervisor-probe",
        dependencies: ["Tasks", "Model", .nioPosix, .logging], path: "Tests/SupervisorProbe",
        swiftSettings: swiftSettings),
    tests(
        "TasksTests",
        ["Tasks", "Model", "TTRPC", "Kernel", "ContainerdTypes", .swiftProtobuf, .nioCore, .nioPosix, .logging]),
]

// What contrib/bench measures with. Not installed.
let benchmarks: [Target] = [
    .executableTarget(
        name: "berth-bench", dependencies: ["Client", "Model", "ImageSpec", "RuntimeSpec", .arguments],
        path: "Tests/Benchmarks", swiftSettings: swiftSettings),
    // In C, so that it is smaller than what it measures.
    .executableTarget(name: "berth-meter", path: "Tests/Meter", linkerSettings: staticLink),
]

let package = Package(
    name: "berth",
    products: [
        .executable(name: "containerd-shim-berth-v1", targets: ["shim"]),
        .executable(name: "berth-runtime", targets: ["runtime"]),
        .executable(name: "berthd", targets: ["berthd"]),
        .executable(name: "berthctl", targets: ["berthctl"]),
    ],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/grpc/grpc-swift-2", exact: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", exact: "2.4.1"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
    ],
    targets: leanRooms + supervisorRooms + testTargets + benchmarks
)
