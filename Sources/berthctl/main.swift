internal import Commands

await Berthctl.start()
