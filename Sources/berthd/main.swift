internal import Daemon

await Program.run()
