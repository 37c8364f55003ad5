#!/usr/bin/env node
// The bin entry. Runs on Node 20 and hands over to the pinned Node 26 (docs/decisions/0001-pinned-runtime.md).
import { fileURLToPath } from 'node:url';
import { runPinned } from './run-pinned.mjs';

runPinned(fileURLToPath(new URL('start.mjs', import.meta.url)), process.argv.slice(2));
