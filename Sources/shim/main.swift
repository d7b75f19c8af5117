internal import Kernel
internal import ShimCore

let program = ShimProgram(arguments: CommandLine.arguments, environment: environment())
exitProcess(program.run())
