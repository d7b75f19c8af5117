internal import ImageSpec
internal import Kernel
package import Model
package import RuntimeSpec

extension Client {
    /// More than any image's; what is above is no such file.
    private static let longestFile = 1 << 20

    /// Who a process is to be that `text` names, such as `nginx`, `1000` or `app:www`, in the words of the image.
    ///
    /// The image's files are looked at only when `text` does not say it all; then through a view of its snapshot, on
    /// this machine and with the right to mount.
    package func user(_ text: String, of image: ResolvedImage, snapshotter: String) async throws(Failure) -> User {
        let reference = try UserReference(text)
        if let user = reference.known { return user }
        do throws(Failure) {
            return try await resolve(reference, image, snapshotter)
        } catch  where error.code == .notFound {
            return try await unpacking(image, snapshotter: snapshotter) { client async throws(Failure) in
                try await client.resolve(reference, image, snapshotter)
            }
        }
    }

    private func resolve(
        _ reference: UserReference, _ image: ResolvedImage, _ snapshotter: String
    ) async throws(Failure) -> User {
        // Should this process be killed, garbage collection takes the view: nothing refers to it.
        let key = "users-\(UInt64.random(in: 0...UInt64.max))"
        let mounts = try await viewSnapshot(key, parent: image.chainID.description, snapshotter: snapshotter)
        let outcome: Result<User, Failure>
        do throws(Failure) {
            let files = try ImageFiles(mounts)
            outcome = .success(
                try reference.resolved(
                    passwd: try files.content(of: "/etc/passwd", limit: Self.longestFile),
                    group: try files.content(of: "/etc/group", limit: Self.longestFile)))
        } catch {
            outcome = .failure(error)
        }
        try? await removeSnapshot(key, snapshotter: snapshotter)
        return try outcome.get()
    }
}
