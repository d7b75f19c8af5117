internal import Libcontainer

/// What `checkpoint` and `restore` have in common on the command line.
extension CheckpointOptions {
    static let common: [Option] = [
        .value("image-path", nil, "DIR", "the directory of the images (checkpoint)"),
        .value("work-path", nil, "DIR", "the directory of logs and other files of criu (that of the images)"),
        .flag("tcp-established", nil, "with open TCP connections"),
        .flag("ext-unix-sk", nil, "with Unix sockets that are connected to the outside"),
        .flag("shell-job", nil, "with a terminal that is not the container's own"),
        .flag("lazy-pages", nil, "bring memory over when it is used, by userfaultfd(2)"),
        .flag("file-locks", nil, "with file locks"),
        .value("manage-cgroups-mode", nil, "MODE", "cgroups' state: \"soft\", \"full\", \"strict\" or \"ignore\""),
        .value("empty-ns", nil, "KIND", "\"network\": make the namespace, but do not restore what is in it"),
        .flag("auto-dedup", nil, "free the memory of earlier images that later ones have anew"),
    ]

    init(_ options: Options, _ global: GlobalOptions) throws(Failure) {
        self.init(imagePath: try GlobalOptions.absolute(options["image-path"] ?? "checkpoint"))
        criu = global.criu
        if let path = options["work-path"] { workPath = try GlobalOptions.absolute(path) }
        tcpEstablished = options.has("tcp-established")
        externalUnixSockets = options.has("ext-unix-sk")
        shellJob = options.has("shell-job")
        lazyPages = options.has("lazy-pages")
        fileLocks = options.has("file-locks")
        autoDedup = options.has("auto-dedup")
        if let text = options["manage-cgroups-mode"] {
            guard let mode = CgroupsMode(rawValue: text) else {
                throw Failure.usage(
                    "option \"--manage-cgroups-mode\": expected soft, full, strict or ignore, found \"\(text)\"")
            }
            cgroupsMode = mode
        }
        for kind in options.all("empty-ns") {
            guard kind == "network" else {
                throw Failure.usage("option \"--empty-ns\": expected network, found \"\(kind)\"")
            }
            emptyNetwork = true
        }
    }
}
