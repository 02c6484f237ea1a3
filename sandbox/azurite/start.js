"use strict";

// Starts Azurite and ends it, in good order, when whoever holds the other end of standard input is gone:
// a killed test run must not leave a storage server behind, and data on disk is written only by an orderly end.

const PATIENCE_IN_MILLISECONDS = 3000;

process.stdin.on("end", () => {
  setTimeout(() => process.exit(0), PATIENCE_IN_MILLISECONDS).unref();
  process.kill(process.pid, "SIGTERM");
});
process.stdin.on("error", () => process.kill(process.pid, "SIGTERM"));
process.stdin.resume();
process.stdin.unref();

require("azurite/dist/src/azurite.js");
