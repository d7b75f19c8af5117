internal import CTaskAPI
package import TTRPC

/// `containerd.runc.v1.Options`: what a client may choose about the runtime.
package struct RuntimeOptions: Hashable, Sendable {
    package var noPivotRoot = false
    package var noNewKeyring = false
    /// The cgroup the shim itself moves to; empty for none.
    package var shimCgroup = ""
    /// The owner of the container's stdio.
    package var ioUser: UInt32 = 0
    package var ioGroup: UInt32 = 0
    /// Whether cgroups are systemd's to make.
    package var systemdCgroup = false
    /// Where criu writes logs and other files of its own; empty for beside the images.
    package var criuWorkPath = ""
    /// The runtime's program; a shim that is its own runtime starts none.
    package var binaryName = ""
    /// Fields that have no meaning for a runtime that is part of the shim: they are reported, not obeyed.
    package var unsupported: [String] = []

    package init() {}

    /// Reads the options of containerd's own shim, or the section of its CRI's configuration that containerd sends to
    /// shims whose options it does not know.
    package init(decoding value: TypedValue) throws(Status) {
        if value.typeName == TypeName.configuredOptions {
            let (body, hasPath) = try decoding(value.value, with: runtimeoptions__v1__options__unpack) { message in
                (
                    String(
                        decoding: UnsafeBufferPointer(start: message.config_body.data, count: message.config_body.len),
                        as: UTF8.self), !String(field: message.config_path).isEmpty
                )
            }
            try read(configuration: body)
            if hasPath { unsupported.append("config_path") }
            return
        }
        guard value.typeName == TypeName.runtimeOptions else {
            throw Status(
                .invalidArgument,
                "runtime options \"\(value.typeURL)\": expected \"\(TypeName.runtimeOptions)\"")
        }
        self = try decoding(value.value, with: containerd__runc__v1__options__unpack) { message in
            var options = RuntimeOptions()
            options.noPivotRoot = message.no_pivot_root != 0
            options.noNewKeyring = message.no_new_keyring != 0
            options.shimCgroup = String(field: message.shim_cgroup)
            options.ioUser = message.io_uid
            options.ioGroup = message.io_gid
            options.systemdCgroup = message.systemd_cgroup != 0
            options.binaryName = String(field: message.binary_name)
            if !options.binaryName.isEmpty { options.unsupported.append("binary_name") }
            if !String(field: message.root).isEmpty { options.unsupported.append("root") }
            // The images' path comes with the request itself.
            options.criuWorkPath = String(field: message.criu_work_path)
            return options
        }
    }
}
