internal import Libcontainer
internal import RuntimeSpec

let featuresCommand = Command(
    name: "features", summary: "print what this runtime can do, as JSON",
    examples: ["features"],
    arguments: "", words: 0...0, options: []
) { (_, _) throws(Failure) in
    let features = Features.ofRuntime()
    Output.print(String(decoding: JSONWriter.bytes(of: features, layout: .indented), as: UTF8.self) + "\n")
    return 0
}
