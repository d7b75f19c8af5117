/// The rules that labels share, whatever they are on.
package enum Labels {
    /// Bytes of a key and its value together.
    package static let maximumLength = 4096

    /// Throws `invalidArgument` naming `owner` (such as `image "x"`) when a label is longer than allowed.
    package static func check(_ labels: [String: String], of owner: @autoclosure () -> String) throws(Failure) {
        for (key, value) in labels {
            let length = key.utf8.count + value.utf8.count
            guard length <= maximumLength else {
                throw .invalid(
                    "\(owner()): label \"\(key.prefix(64))\": key and value take \(length) bytes, at most"
                        + " \(maximumLength) are allowed")
            }
        }
    }

    /// What is stored of `labels`: setting a label to nothing removes it, as with containerd.
    package static func stored(_ labels: [String: String]) -> [String: String] {
        labels.values.contains("") ? labels.filter { !$0.value.isEmpty } : labels
    }
}

extension FieldUpdate {
    /// Replaces what `path` names among labels (or annotations, extensions), if it does: all for `name` itself, one
    /// entry for `name.<key>`, which is removed when `new` has none.
    /// - Returns: false when the path is about something else.
    package static func replace<Value>(
        _ path: String, _ name: String, of old: inout [String: Value], by new: [String: Value]
    ) -> Bool {
        if path == name {
            old = new
            return true
        }
        guard path.hasPrefix(name + ".") else { return false }
        let key = String(path.dropFirst(name.count + 1))
        old[key] = new[key]
        return true
    }
}
