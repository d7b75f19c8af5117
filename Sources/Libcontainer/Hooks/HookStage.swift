internal import RuntimeSpec

/// A point of a container's life at which hooks run; the raw value is the field below `hooks`.
enum HookStage: String {
    case prestart
    case createRuntime
    case createContainer
    case startContainer
    case poststart
    case poststop

    /// What the hooks read of the container's status, as with runc.
    var status: ContainerStatus {
        switch self {
        case .prestart, .createRuntime, .createContainer: .creating
        case .startContainer: .created
        case .poststart: .running
        case .poststop: .stopped
        }
    }
}

extension Hooks {
    subscript(stage: HookStage) -> [Hook] {
        switch stage {
        case .prestart: prestart
        case .createRuntime: createRuntime
        case .createContainer: createContainer
        case .startContainer: startContainer
        case .poststart: poststart
        case .poststop: poststop
        }
    }

    /// Whether init has to wait, with its file systems in place, until its creator has run hooks.
    var runInCreator: Bool { !prestart.isEmpty || !createRuntime.isEmpty }

    /// Whether hooks see the root file system before it becomes the root. They may still mount into it then.
    var runBeforePivot: Bool { runInCreator || !createContainer.isEmpty }

    /// Those that run when the creator is gone; nil without any.
    var lasting: Hooks? {
        guard !poststart.isEmpty || !poststop.isEmpty else { return nil }
        var hooks = Hooks()
        hooks.poststart = poststart
        hooks.poststop = poststop
        return hooks
    }
}
