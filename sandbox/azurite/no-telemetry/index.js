"use strict";

// Azurite loads this package at start and calls it only when telemetry is on, which we never allow.
module.exports = {};
