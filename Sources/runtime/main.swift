internal import Kernel

exitProcess(Program.run(CommandLine.arguments))
